internal import MeshCore
internal import MeshJSON

extension TopologyReader {
    /// What is to happen, one word each.
    private static let verbs = ["kill", "pause", "resume", "restart", "partition", "heal", "degrade"]

    /// The faults of the file in the order of time; what lasts is two of them.
    static func faults(_ reader: inout FieldReader, _ nodes: [TopologyNode]) -> [TopologyFault] {
        let list = reader.list("faults") ?? []
        guard list.count <= Limits.Topology.maximumFaults else {
            reader.add("faults", "there are more than \(Limits.Topology.maximumFaults) faults")
            return []
        }
        var faults: [TopologyFault] = []
        for (index, value) in list.enumerated() {
            var part = FieldReader(value, .fault, at: [.key("faults"), .index(index)], of: reader.source)
            faults += fault(&part, nodes)
            reader.add(part.mistakes)
        }
        // Those of the same moment as they stand in the file.
        return faults.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private static func fault(_ part: inout FieldReader, _ nodes: [TopologyNode]) -> [TopologyFault] {
        guard part.mistakes.isEmpty else { return [] }
        let found = verbs.filter { part.object[$0] != nil }
        guard found.count == 1, let verb = found.first else {
            let words = "a fault says one of \(verbs.joined(separator: ", "))"
            part.add(found.last ?? "at", found.isEmpty ? words : "\(words), not \(found.joined(separator: " and "))")
            return []
        }
        guard part.object["at"] != nil else {
            part.add(verb, "a fault says when it happens: at: \"10s\"")
            return []
        }
        let moment = part.duration("at") ?? .zero
        let lasting = part.duration("for")
        if part.object["link"] != nil, verb != "degrade" { part.add("link", "only 'degrade' has a link") }
        if lasting != nil, ["resume", "restart", "heal"].contains(verb) {
            part.add("for", "'\(verb)' is done at once: leave out 'for'")
        }
        guard let (action, ends) = action(verb, lasting, &part, nodes), part.mistakes.isEmpty else { return [] }
        guard let lasting else { return [TopologyFault(at: moment, action)] }
        return [TopologyFault(at: moment, action)] + ends.map { TopologyFault(at: moment + lasting, $0) }
    }

    /// What happens, and what puts an end to it.
    private static func action(
        _ verb: String,
        _ lasting: Duration?,
        _ part: inout FieldReader,
        _ nodes: [TopologyNode]
    ) -> (FaultAction, [FaultAction])? {
        if verb == "partition" || verb == "heal" {
            guard let (left, right) = pair(verb, &part, nodes) else { return nil }
            return verb == "heal" ? (.heal(left, right), []) : (.partition(left, right), [.heal(left, right)])
        }
        guard let text = part.text(verb), let chosen = selector(text, verb, &part, nodes) else { return nil }
        switch verb {
        case "kill": return (.kill(chosen, comesBackAfter: lasting), [])
        case "pause": return (.pause(chosen), [.resume(chosen)])
        case "resume": return (.resume(chosen), [])
        case "restart": return (.restart(chosen), [])
        default: return degrade(chosen, &part, nodes)
        }
    }

    private static func degrade(
        _ chosen: NodeSelector,
        _ part: inout FieldReader,
        _ nodes: [TopologyNode]
    ) -> (FaultAction, [FaultAction])? {
        var link = TopologyLink()
        if let value = part.object["link"] { link = self.link(value, at: part.steps + [.key("link")], &part) }
        if link.isDirect { part.add("link", "a link that has begun cannot become direct") }
        let before = chosen.nodes(of: nodes)
        if before.contains(where: { $0.role == .hub }) { part.add("degrade", "links are named after their edges") }
        checkNotDirect(before, "degrade", &part)
        // Each as the file describes it; where those are alike, one fault says so.
        if let first = before.first?.link, before.allSatisfy({ $0.link == first }) {
            return (.degrade(chosen, link), [.degrade(chosen, first)])
        }
        return (.degrade(chosen, link), before.map { .degrade(NodeSelector($0.name.text), $0.link) })
    }

    private static func pair(
        _ verb: String,
        _ part: inout FieldReader,
        _ nodes: [TopologyNode]
    ) -> (NodeSelector, NodeSelector)? {
        let value = part.object[verb]
        let texts = value?.text.map { [$0] } ?? value?.array?.compactMap(\.text) ?? []
        guard (1...2).contains(texts.count), value?.array.map({ $0.count == texts.count }) ?? true else {
            part.add(verb, "'\(verb)' takes one or two names: \"edge-1\", [\"edge-1\", \"hub-1\"]")
            return nil
        }
        let chosen = texts.compactMap { selector($0, verb, &part, nodes) }
        guard chosen.count == texts.count, let first = chosen.first else { return nil }
        let second = chosen.count > 1 ? chosen[1] : .all
        let cut = TopologyLinks.between(first, second, nodes)
        if cut.isEmpty { part.add(verb, "there is no link between \(first) and \(second): links join edges and hubs") }
        checkNotDirect(cut, verb, &part)
        return (first, second)
    }

    private static func checkNotDirect(_ edges: [TopologyNode], _ verb: String, _ part: inout FieldReader) {
        guard let direct = edges.first(where: \.link.isDirect) else { return }
        part.add(verb, "the link of \(direct.name) is direct: leave out 'direct' in it")
    }

    private static func selector(
        _ text: String,
        _ verb: String,
        _ part: inout FieldReader,
        _ nodes: [TopologyNode]
    ) -> NodeSelector? {
        let selector = NodeSelector(text)
        // Where the nodes are wrong, that is said already.
        guard !nodes.isEmpty, selector.nodes(of: nodes).isEmpty else { return selector }
        part.add(verb, selector.unknown(among: nodes))
        return nil
    }
}

/// Which links there are: each edge has one, to the hub.
package enum TopologyLinks {
    /// The edges whose links join a node of `left` with one of `right`.
    package static func between(_ left: NodeSelector, _ right: NodeSelector, _ nodes: [TopologyNode]) -> [TopologyNode]
    {
        nodes.filter { edge in
            guard edge.role == .edge else { return false }
            return nodes.contains { hub in
                hub.role == .hub
                    && (left.matches(edge.name) && right.matches(hub.name)
                        || right.matches(edge.name) && left.matches(hub.name))
            }
        }
    }
}
