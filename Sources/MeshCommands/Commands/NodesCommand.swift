internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshVitals

/// `synesis nodes`.
enum NodesCommand {
    /// By what a list is sorted.
    enum Order: String, CaseIterable, CommandLineValue {
        case name
        case state
        case since
        case beat
        case rtt
        case load
        case memory
    }

    private static let label = Option<[String]>(
        "label",
        as: labelSyntax,
        "Only edges with this label; of several all must be there."
    )
    private static let state = Option<NodeState?>("state", "Only edges that stand so.")
    private static let sort = Option<Order>("sort", default: .name, "What it is sorted by, the largest figure first.")

    enum NodeState: String, CaseIterable, CommandLineValue {
        case connected
        /// The word of the table; `suspected` is that of the JSON.
        case silent
        case suspected
        case draining
        case gone

        var state: NodeDocument.State? { self == .silent ? .suspected : NodeDocument.State(rawValue: rawValue) }
    }

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "nodes",
            summary: "List the edges of a hub.",
            discussion: """
                SINCE says for how long an edge is connected, or gone; BEAT how long ago the last sign of life came; \
                RTT how long packets take there and back. LOAD and MEM are the part of processors and memory in use. A \
                silent edge has an open tunnel, and its beats do not come.

                Of edges that have gone a hub remembers the last 1024, until it is restarted. On a narrow terminal \
                columns give way; --json has all.
                """,
            parameters: [label, state, sort],
            examples: [
                "synesis nodes": "All edges, those that have gone included.",
                "synesis nodes --label site=berlin --label gpu=yes": "Those that have both labels.",
                "synesis nodes --state connected --sort load": "The busiest first.",
                "synesis nodes --quiet": "Names alone, one on a line.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            let query = query(invocation)
            let order = invocation[sort]
            return try await GatewaySession.run(invocation, ground, needs: .hub) { session in
                let list = try await fetch(query, session.gateway)
                try write(list, order, session)
                return .success
            }
        }
    }

    private static func query(_ invocation: Invocation) -> NodeQuery {
        var query = NodeQuery()
        query.labels = invocation[label].compactMap { try? NodeLabel($0) }
        query.state = invocation[state]?.state
        return query
    }

    /// Edges, as they were understood and as they came.
    typealias Listed = (document: NodeDocument, json: JSONValue)

    private static func fetch(
        _ query: NodeQuery,
        _ gateway: GatewayClient
    ) async throws -> (nodes: [Listed], isWhole: Bool) {
        var (query, nodes) = (query, [Listed]())
        for _ in 0..<Limits.Commands.maximumPages {
            let answer = try await gateway.get(query.target, as: NodesDocument.self)
            let raw = answer.json["nodes"]?.array ?? []
            nodes += zip(answer.document.nodes, raw).map { ($0, $1) }
            guard let next = answer.document.next.flatMap({ try? NodeID($0) }) else { return (nodes, true) }
            query.after = next
        }
        return (nodes, false)
    }

    private static func write(
        _ list: (nodes: [Listed], isWhole: Bool),
        _ order: Order,
        _ session: GatewaySession
    ) throws {
        let nodes = sorted(list.nodes, by: order)
        switch session.screen.form {
        case .json: try session.screen.json(["nodes": .array(nodes.map(\.json))])
        case .quiet: try session.screen.lines(nodes.map { $0.document.node.printable })
        case .people: try show(nodes.map(\.document), session.screen)
        }
        if !list.isWhole { session.screen.note("synesis nodes: warning: the hub has more edges than are listed") }
    }

    /// By that figure, and where it is the same by name; who does not say stands last.
    private static func sorted(_ nodes: [Listed], by order: Order) -> [Listed] {
        func figure(_ node: NodeDocument) -> Double? {
            switch order {
            case .name: 0
            case .state: Double(NodeDocument.State.allCases.firstIndex(of: node.state).map { -$0 } ?? 0)
            case .since: node.sinceSeconds
            case .beat: node.beats?.lastSeconds
            case .rtt: node.roundTrip?.smoothedMilliseconds
            case .load: node.vitals?.processorLoad
            case .memory: NodeWords.memory(node.vitals)
            }
        }
        let weighed = nodes.map { (weight: figure($0.document) ?? -.infinity, node: $0) }
        let sorted = weighed.sorted { left, right in
            if left.weight != right.weight { return left.weight > right.weight }
            return left.node.document.node < right.node.document.node
        }
        return sorted.map(\.node)
    }

    private static func show(_ nodes: [NodeDocument], _ screen: Screen) throws {
        guard !nodes.isEmpty else {
            return screen.nothing("No edges. One is enrolled by a token: synesis login --help")
        }
        let layout = table(nodes).layout(width: screen.width)
        try screen.lines(layout.lines(inColour: screen.isColoured))
        guard screen.isInteractive else { return }
        try screen.lines(footer(nodes, layout.hidden).wrapped(to: screen.width).map { screen.paint($0, .dim) })
    }

    /// The table, for tests as well.
    static func table(_ nodes: [NodeDocument]) -> ScreenTable {
        var table = ScreenTable([
            .init("NODE", least: 16), .init("STATE"), .init("SINCE", isRight: true, rank: 3),
            .init("BEAT", isRight: true, rank: 2), .init("RTT", isRight: true, rank: 1),
            .init("LOAD", isRight: true, rank: 4), .init("MEM", isRight: true, rank: 5), .init("VERSION", rank: 7),
            .init("LABELS", rank: 6, least: 14),
        ])
        for node in nodes {
            let isHere = node.state != .gone
            let memory = isHere ? NodeWords.memory(node.vitals) : nil
            let isSilent = node.state == .suspected
            table.append([
                Cell(node.node),
                NodeWords.state(node),
                Cell(Words.coarse(node.sinceSeconds)),
                node.beats.map { Cell(Words.coarse($0.lastSeconds), isSilent ? .yellow : isHere ? .plain : .dim) }
                    ?? Cell("-", .dim),
                node.roundTrip.map { Cell(Words.milliseconds($0.smoothedMilliseconds)) } ?? Cell("-", .dim),
                isHere ? NodeWords.load(node.vitals) : Cell("-", .dim),
                memory.map { Cell(Words.percent($0), NodeWords.fullness($0)) } ?? Cell("-", .dim),
                Cell(version(node.software), .dim),
                Cell(NodeWords.labels(node.labels) ?? ""),
            ])
        }
        return table
    }

    /// `0.1.0` of our own software, all of another's.
    private static func version(_ software: String) -> String {
        software.hasPrefix("meshnode/") ? String(software.dropFirst("meshnode/".count)) : software
    }

    private static func footer(_ nodes: [NodeDocument], _ hidden: [String]) -> String {
        let counts = NodeDocument.State.allCases.compactMap { state -> String? in
            let count = nodes.count { $0.state == state }
            return count > 0 ? "\(count) \(state == .suspected ? "silent" : state.rawValue)" : nil
        }
        let words = "\(Words.count(nodes.count, "edge")): \(counts.joined(separator: ", "))"
        return hidden.isEmpty ? words : "\(words); no room for \(hidden.joined(separator: ", "))"
    }

    private static var labelSyntax: ValueSyntax<String> {
        ValueSyntax(valueName: "NAME=VALUE", expected: "a label such as site=berlin") { word in
            (try? NodeLabel(word)) == nil ? nil : word
        }
    }
}
