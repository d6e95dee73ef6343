package import MeshCore

/// Which of a hub's edges are asked for: the query of `GET /v1/nodes`.
package struct NodeQuery: Hashable, Sendable {
    /// Those that have all of these labels.
    package var labels: [NodeLabel] = []
    /// Those that stand so; nil for all.
    package var state: NodeDocument.State?
    /// Those behind this name.
    package var after: NodeID?
    /// At most so many; no more than ``Limits/API/nodesPerPage``.
    package var limit = Limits.API.nodesPerPage

    /// All edges.
    package init() {}

    /// What `parameters` ask for; one that is not known is refused, for whoever wrote it means something by it.
    package init(parameters: [(name: String, value: String)]) throws(APIError) {
        var seen: Set<String> = []
        for (name, value) in parameters {
            if name != "label", !seen.insert(name).inserted {
                throw APIError(.malformed, "'\(name)' is asked for twice")
            }
            try take(name, value)
        }
    }

    private mutating func take(_ name: String, _ value: String) throws(APIError) {
        switch name {
        case "label":
            guard labels.count < Limits.API.maximumLabelsWanted else {
                throw APIError(.malformed, "more than \(Limits.API.maximumLabelsWanted) labels are asked for")
            }
            do throws(CoreError) { labels.append(try NodeLabel(value)) } catch {
                throw APIError(.malformed, error.message, cause: error)
            }
        case "state":
            guard let state = NodeDocument.State(rawValue: value) else {
                let words = NodeDocument.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw APIError(.malformed, "'state' is one of \(words)")
            }
            self.state = state
        case "after":
            do throws(CoreError) { after = try NodeID(value) } catch {
                throw APIError(.malformed, "'after': \(error.message)", cause: error)
            }
        case "limit":
            guard let limit = Int(value), (1...Limits.API.nodesPerPage).contains(limit) else {
                throw APIError(.malformed, "'limit' is 1 to \(Limits.API.nodesPerPage)")
            }
            self.limit = limit
        default: throw APIError(.malformed, "nobody knows what a parameter of that name asks for")
        }
    }

    /// The path with the query; labels, names and numbers need no escapes but the sign between a name and its value.
    package var target: String {
        var parts = labels.map { "label=\($0.name)%3D\($0.value)" }
        if let state { parts.append("state=\(state.rawValue)") }
        if let after { parts.append("after=\(after.text)") }
        if limit != Limits.API.nodesPerPage { parts.append("limit=\(limit)") }
        return APIPath.nodes + (parts.isEmpty ? "" : "?" + parts.joined(separator: "&"))
    }
}
