import MeshAPI
import MeshCore
import Testing

@Suite struct `A question for nodes` {
    @Test func `is spelled so that it is read back`() throws {
        var query = NodeQuery()
        #expect(query.target == "/v1/nodes")
        query.labels = [try NodeLabel("site=berlin"), try NodeLabel("gpu=yes")]
        query.state = .gone
        query.after = try NodeID("edge-7")
        query.limit = 5
        #expect(query.target == "/v1/nodes?label=site%3Dberlin&label=gpu%3Dyes&state=gone&after=edge-7&limit=5")
        let read = try NodeQuery(parameters: [
            ("label", "site=berlin"), ("label", "gpu=yes"), ("state", "gone"), ("after", "edge-7"), ("limit", "5"),
        ])
        #expect(read == query)
    }

    @Test(arguments: [
        [("label", "site")], [("state", "asleep")], [("after", "Edge")], [("limit", "0")], [("limit", "x")],
        [("limit", "\(Limits.API.nodesPerPage + 1)")], [("labels", "site=berlin")],
        [("state", "gone"), ("state", "gone")],
        Array(repeating: ("label", "a=b"), count: Limits.API.maximumLabelsWanted + 1),
    ])
    func `with what is not known or beyond a bound is refused`(parameters: [(String, String)]) {
        #expect(throws: APIError(.malformed, "")) {
            try NodeQuery(parameters: parameters.map { (name: $0.0, value: $0.1) })
        }
    }

    @Test func `wants no more than a page`() throws {
        #expect(try NodeQuery(parameters: [("limit", "\(Limits.API.nodesPerPage)")]).limit == Limits.API.nodesPerPage)
        #expect(NodeQuery().limit == Limits.API.nodesPerPage)
    }
}
