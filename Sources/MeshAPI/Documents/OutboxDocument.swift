package import MeshJSON

/// What whoever bills is still to be told of, or has refused: `GET /v1/ledger/outbox`.
package struct OutboxDocument: APIDocument {
    /// Whose account it is.
    package let account: String
    /// The meter events, the oldest first.
    package let events: [Event]

    /// A meter event that is not known to be delivered.
    package struct Event: APIDocument {
        /// The same for every try.
        package let identifier: String
        /// How much.
        package let amount: String
        /// When the usage is said to have been.
        package let time: String
        /// Why whoever bills does not take it; nil while it is on its way.
        package let refusal: String?

        /// The meter event `identifier`.
        package init(identifier: String, amount: String, time: String, refusal: String?) {
            self.identifier = identifier
            self.amount = amount
            self.time = time
            self.refusal = refusal
        }

        /// As the gateway says it.
        package var json: JSONValue {
            [
                "identifier": .string(identifier), "amount": .string(amount), "time": .string(time),
                "refusal": refusal.map { .string($0) } ?? .null,
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "meter event")
            identifier = try fields.text("identifier")
            amount = try fields.text("amount")
            time = try fields.text("time")
            refusal = fields["refusal"]?.text
        }
    }

    /// `events` of `account`.
    package init(account: String, events: [Event]) {
        self.account = account
        self.events = events
    }

    /// As the gateway says it.
    package var json: JSONValue { ["account": .string(account), "events": .array(events.map(\.json))] }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "outbox")
        account = try fields.text("account")
        events = try fields.list("events", of: Event.self)
    }
}
