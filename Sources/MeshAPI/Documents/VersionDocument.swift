package import MeshJSON

/// What a gateway is: `GET /v1/version`.
package struct VersionDocument: APIDocument {
    /// Program and version: `meshnode/0.1.0`.
    package let software: String
    /// Which version of docs/api.md it speaks.
    package let api: Int64
    /// `hub` or `edge`.
    package let role: String
    /// What the node is called; nil while it starts.
    package let node: String?

    /// The version that this source speaks.
    package static let current: Int64 = 1

    /// A gateway of `software` on `node`.
    package init(software: String, api: Int64 = current, role: String, node: String?) {
        self.software = software
        self.api = api
        self.role = role
        self.node = node
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["software"] = .string(software)
        object["api"] = .integer(api)
        object["role"] = .string(role)
        object["node"] = node.map { .string($0) }
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "version")
        software = try fields.text("software")
        api = try fields.integer("api")
        role = try fields.text("role")
        node = fields["node"]?.text
    }
}
