package import MeshJSON

/// A page of a hub's edges, in the order of their names: `GET /v1/nodes`.
package struct NodesDocument: APIDocument {
    /// The edges.
    package let nodes: [NodeDocument]
    /// Behind which name the next page begins; nil where this is the last one.
    package let next: String?

    /// A page.
    package init(nodes: [NodeDocument], next: String?) {
        self.nodes = nodes
        self.next = next
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["nodes"] = .array(nodes.map(\.json))
        object["next"] = next.map { .string($0) }
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "list of nodes")
        nodes = try fields.list("nodes", of: NodeDocument.self)
        next = fields["next"]?.text
    }
}
