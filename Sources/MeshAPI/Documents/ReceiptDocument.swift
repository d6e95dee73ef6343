package import MeshJSON

/// What a change of an account has come to: the answer of every `POST` below `/v1/ledger`.
///
/// What was charged, entered or told is the same whenever the same is asked again; how the account stands is so at the
/// moment of the answer.
package struct ReceiptDocument: APIDocument {
    /// By which the change is known; nil of one that has no id.
    package var id: String?
    /// Whose account it is.
    package var account = ""
    /// What was charged by this: below nothing where something was given back.
    package var charged = "0"
    /// Credits, less what is owed.
    package var balance = "0"
    /// What is left of all that was given or paid ahead.
    package var credits = "0"
    /// What a further call may cost at most.
    package var available = "0"
    /// What the account has agreed to.
    package var tier = ""
    /// Why it may not use what costs money; nil while it may.
    package var suspended: String?
    /// Whether nothing stood in the account before: this is its first posting.
    package var isOpened = false
    /// Amounts for people, by the names that they have here.
    package var display: [String: String] = [:]
    /// Of a call that was recorded.
    package var charge: Charge?
    /// Of an entry by hand.
    package var entry: Entry?
    /// Of telling whoever bills; nil where there was nothing to tell, and of all other changes.
    package var flushed: Flushed?
    /// Of a meter event that was closed by hand.
    package var closed: Flushed?
    /// Of paying ahead.
    package var topUp: TopUp?

    /// A change that has come to nothing.
    package init() {}

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["id"] = id.map { .string($0) }
        object["account"] = .string(account)
        object["charged"] = .string(charged)
        object["balance"] = .string(balance)
        object["credits"] = .string(credits)
        object["available"] = .string(available)
        object["tier"] = .string(tier)
        object["suspended"] = suspended.map { .string($0) } ?? .null
        object["opened"] = isOpened ? true : nil
        object["display"] = .texts(display)
        object["charge"] = charge?.json
        object["entry"] = entry?.json
        object["flushed"] = flushed?.json
        object["closed"] = closed?.json
        object["top_up"] = topUp?.json
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "receipt")
        id = fields["id"]?.text
        account = try fields.text("account")
        charged = try fields.text("charged")
        balance = try fields.text("balance")
        credits = try fields.text("credits")
        available = try fields.text("available")
        tier = try fields.text("tier")
        suspended = fields["suspended"]?.text
        isOpened = fields["opened"]?.bool ?? false
        display = try fields.texts("display")
        charge = try fields.optional("charge", Charge.self)
        entry = try fields.optional("entry", Entry.self)
        flushed = try fields.optional("flushed", Flushed.self)
        closed = try fields.optional("closed", Flushed.self)
        topUp = try fields.optional("top_up", TopUp.self)
    }
}
