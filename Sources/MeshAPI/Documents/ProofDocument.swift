package import MeshJSON

/// Whether the figures of an account agree with each other: `GET /v1/ledger/verify`.
package struct ProofDocument: APIDocument {
    /// Whose account it is.
    package let account: String
    /// What does not agree; none where all of it does.
    package let faults: [String]

    /// What was found in `account`.
    package init(account: String, faults: [String]) {
        self.account = account
        self.faults = faults
    }

    /// As the gateway says it.
    package var json: JSONValue {
        [
            "account": .string(account), "sound": .bool(faults.isEmpty),
            "faults": .array(faults.map { .string($0) }),
        ]
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "proof")
        account = try fields.text("account")
        faults = try fields.texts(in: "faults")
    }
}
