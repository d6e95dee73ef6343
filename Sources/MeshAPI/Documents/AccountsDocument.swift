package import MeshJSON

/// A page of a hub's accounts, in the order of their names: `GET /v1/ledger/accounts`.
package struct AccountsDocument: APIDocument {
    /// How they stand.
    package let accounts: [AccountDocument]
    /// Those that could not be asked now.
    package let unread: [String]
    /// Behind which name the next page begins; nil where this is the last one.
    package let next: String?

    /// A page.
    package init(accounts: [AccountDocument], unread: [String] = [], next: String?) {
        self.accounts = accounts
        self.unread = unread
        self.next = next
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["accounts"] = .array(accounts.map(\.json))
        object["unread"] = .array(unread.map { .string($0) })
        object["next"] = next.map { .string($0) }
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "list of accounts")
        accounts = try fields.list("accounts", of: AccountDocument.self)
        unread = json["unread"]?.array?.compactMap(\.text) ?? []
        next = fields["next"]?.text
    }
}
