package import MeshJSON

extension ReceiptDocument {
    /// What a call was charged, and out of what.
    package struct Charge: APIDocument {
        /// By which the call stands among the postings.
        package var call = ""
        /// The model.
        package var model = ""
        /// What kind of use it was.
        package var kind = ""
        /// The row of the table of prices.
        package var price = ""
        /// What the account pays.
        package var total = "0"
        /// Of this, what the provider takes.
        package var upstream = "0"
        /// Of this, what we take.
        package var fee = "0"
        /// Of this, out of knowledge credits.
        package var fromKnowledge = "0"
        /// Of this, out of what was granted.
        package var fromGranted = "0"
        /// Of this, out of what was paid ahead.
        package var fromPaid = "0"
        /// Of this, owed.
        package var owed = "0"
        /// Of this, beyond the ceiling.
        package var overdraft = "0"
        /// The total for people, rounded up to a tenth of a cent.
        package var display = ""

        /// Of nothing.
        package init() {}

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            for (name, path) in Self.members { object[name] = .string(self[keyPath: path]) }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "charge")
            for (name, path) in Self.members { self[keyPath: path] = try fields.text(name) }
        }

        private static var members: [(String, WritableKeyPath<Charge, String>)] {
            [
                ("call", \.call), ("model", \.model), ("kind", \.kind), ("price", \.price), ("total", \.total),
                ("upstream", \.upstream), ("fee", \.fee), ("from_knowledge", \.fromKnowledge),
                ("from_granted", \.fromGranted), ("from_paid", \.fromPaid), ("owed", \.owed),
                ("overdraft", \.overdraft), ("display", \.display),
            ]
        }
    }

    /// A credit, a refund, a correction or a payment.
    package struct Entry: APIDocument {
        /// By which it stands among the postings.
        package let posting: String
        /// Its place among them.
        package let number: UInt64
        /// How much has moved.
        package let amount: String
        /// What was left behind it, without what is set aside.
        package let available: String

        /// The posting `posting`.
        package init(posting: String, number: UInt64, amount: String, available: String) {
            self.posting = posting
            self.number = number
            self.amount = amount
            self.available = available
        }

        /// As the gateway says it.
        package var json: JSONValue {
            [
                "posting": .string(posting), "number": .count(number), "amount": .string(amount),
                "available": .string(available),
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "entry")
            posting = try fields.text("posting")
            number = UInt64(clamping: try fields.integer("number"))
            amount = try fields.text("amount")
            available = try fields.text("available")
        }
    }

    /// What whoever bills is told, or not told any more.
    package struct Flushed: APIDocument {
        /// The same for every try.
        package let identifier: String
        /// How much.
        package let amount: String
        /// When the usage is said to have been.
        package let time: String

        /// The meter event `identifier`.
        package init(identifier: String, amount: String, time: String) {
            self.identifier = identifier
            self.amount = amount
            self.time = time
        }

        /// As the gateway says it.
        package var json: JSONValue {
            ["identifier": .string(identifier), "amount": .string(amount), "time": .string(time)]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "meter event")
            identifier = try fields.text("identifier")
            amount = try fields.text("amount")
            time = try fields.text("time")
        }
    }

    /// Where somebody pays ahead.
    package struct TopUp: APIDocument {
        /// Whether the page is for this one payment.
        package enum Kind: String, CaseIterable, Hashable, Sendable {
            /// It is.
            case checkout
            /// It asks for the amount itself.
            case page
        }

        /// Where.
        package let url: String
        /// What is there.
        package let kind: Kind
        /// How much.
        package let amount: String

        /// `amount` at `url`.
        package init(url: String, kind: Kind, amount: String) {
            self.url = url
            self.kind = kind
            self.amount = amount
        }

        /// As the gateway says it.
        package var json: JSONValue {
            ["url": .string(url), "kind": .string(kind.rawValue), "amount": .string(amount)]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "top-up")
            url = try fields.text("url")
            kind = try fields.word("kind", Kind.self)
            amount = try fields.text("amount")
        }
    }
}
