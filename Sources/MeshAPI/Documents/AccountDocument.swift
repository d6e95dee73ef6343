package import MeshJSON

/// How an account stands: `GET /v1/ledger/balance`.
///
/// Amounts are dollars as decimal text, exact; ``display`` has some of them for people.
package struct AccountDocument: APIDocument {
    /// Whose it is: the tenant.
    package var account = ""
    /// What it has agreed to: `free`, `managed`, `byok`.
    package var tier = ""
    /// Why it may not use what costs money: `ceiling`, `payment_failed`, `operator`; nil while it may.
    package var suspended: String?
    /// Credits, less what is owed: below nothing where it owes more than it has.
    package var balance = "0"
    /// What is left of all that was given or paid ahead.
    package var credits = "0"
    /// Of this, for knowledge.
    package var knowledge = "0"
    /// Of this, what was granted.
    package var granted = "0"
    /// Of this, what was paid ahead.
    package var paid = "0"
    /// What it owes; below nothing where it has paid more than it owed.
    package var owed = "0"
    /// Of this, what whoever bills has not been told of.
    package var unflushed = "0"
    /// How much it may owe.
    package var ceiling = "0"
    /// What is set aside for calls under way.
    package var held = "0"
    /// For how many calls.
    package var holds: Int64 = 0
    /// What a further call may cost at most.
    package var available = "0"
    /// Meter events on their way, or refused.
    package var meterEvents: Int64 = 0
    /// How many of these were refused, and wait for people.
    package var refusedMeterEvents: Int64 = 0
    /// How many postings there are.
    package var postings: UInt64 = 0
    /// The row of the policy that it goes by; nil before there was any.
    package var policy: String?
    /// By what name whoever bills knows it; nil where it does not.
    package var customer: String?
    /// Amounts for people, by the names that they have here.
    package var display: [String: String] = [:]

    /// An account in which nothing stands.
    package init() {}

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["account"] = .string(account)
        object["tier"] = .string(tier)
        object["suspended"] = suspended.map { .string($0) } ?? .null
        for (name, path) in Self.amounts { object[name] = .string(self[keyPath: path]) }
        object["holds"] = .integer(holds)
        object["meter_events"] = .integer(meterEvents)
        object["meter_events_refused"] = .integer(refusedMeterEvents)
        object["postings"] = .count(postings)
        object["policy"] = policy.map { .string($0) } ?? .null
        object["customer"] = customer.map { .string($0) } ?? .null
        object["display"] = .texts(display)
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "balance")
        account = try fields.text("account")
        tier = try fields.text("tier")
        suspended = fields["suspended"]?.text
        for (name, path) in Self.amounts { self[keyPath: path] = try fields.text(name) }
        holds = try fields.integer("holds")
        meterEvents = try fields.integer("meter_events")
        // A hub of before does not say it.
        refusedMeterEvents = fields["meter_events_refused"]?.integer ?? 0
        postings = UInt64(clamping: try fields.integer("postings"))
        policy = fields["policy"]?.text
        customer = fields["customer"]?.text
        display = try fields.texts("display")
    }

    private static var amounts: [(String, WritableKeyPath<AccountDocument, String>)] {
        [
            ("balance", \.balance), ("credits", \.credits), ("knowledge", \.knowledge), ("granted", \.granted),
            ("paid", \.paid), ("owed", \.owed), ("unflushed", \.unflushed), ("ceiling", \.ceiling), ("held", \.held),
            ("available", \.available),
        ]
    }
}
