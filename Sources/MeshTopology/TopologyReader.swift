internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// Reads descriptions of clusters.
///
/// What the settings of a node mean is for the node to say: here they are kept with their place.
package enum TopologyReader {
    /// The cluster that the bytes of the file at `path` describe, or everything that is wrong with them.
    package static func read(_ bytes: [UInt8], path: String) throws(TopologyError) -> Topology {
        guard bytes.count <= Limits.Topology.maximumBytes else {
            let words = "the description has more than \(Limits.Topology.maximumBytes) bytes"
            throw TopologyError([JSONMistake(place: path, message: words)])
        }
        let source = JSONSource(bytes, path: path)
        let object: JSONObject
        do throws(JSONMistake) { object = try source.object() } catch { throw TopologyError([error]) }
        var reader = FieldReader(.object(object), .root, at: [], of: source)
        let about = reader.text("about") ?? ""
        var nodes = hubs(&reader)
        nodes += edges(&reader, besides: nodes.count)
        checkNames(nodes, &reader)
        let check = check(&reader)
        let faults = faults(&reader, nodes)
        guard reader.mistakes.isEmpty else { throw TopologyError(reader.mistakes) }
        return Topology(about: about, nodes: nodes, faults: faults, check: check, source: source)
    }

    // MARK: Nodes

    private static func hubs(_ reader: inout FieldReader) -> [TopologyNode] {
        let list = reader.list("hubs") ?? [.object(JSONObject())]
        if list.count != 1 { reader.add("hubs", "a cluster has one hub today, not \(list.count)") }
        return list.enumerated().compactMap { index, value in
            var part = FieldReader(value, .hub, at: [.key("hubs"), .index(index)], of: reader.source)
            defer { reader.add(part.mistakes) }
            var addresses = NodeAddresses()
            addresses.listen = part.text("listen") ?? addresses.listen
            addresses.enrolListen = part.text("enrolListen") ?? addresses.enrolListen
            addresses.httpListen = part.text("httpListen") ?? addresses.httpListen
            if addresses.enrolListen == "off" { part.add("enrolListen", "edges get their certificates there") }
            guard let name = name(part.text("name") ?? "hub-1", &part) else { return nil }
            return node(name, .hub, addresses, TopologyLink(), &part)
        }
    }

    private static func edges(_ reader: inout FieldReader, besides others: Int) -> [TopologyNode] {
        var nodes: [TopologyNode] = []
        for (index, value) in (reader.list("edges") ?? []).enumerated() {
            var part = FieldReader(value, .edge, at: [.key("edges"), .index(index)], of: reader.source)
            let room = max(1, Limits.Topology.maximumNodes - others - nodes.count)
            nodes += edges(&part, atMost: room)
            reader.add(part.mistakes)
            guard reader.mistakes.isEmpty || nodes.count < Limits.Topology.maximumNodes else { break }
        }
        return nodes
    }

    private static func edges(_ part: inout FieldReader, atMost room: Int) -> [TopologyNode] {
        let count = part.number("count", within: 1...room) ?? 1
        let template = part.text("name") ?? "edge-{n}"
        guard count == 1 || template.contains("{n}") else {
            part.add("name", "several edges need a name with {n} in it")
            return []
        }
        var link = TopologyLink()
        if let value = part.object["link"] { link = self.link(value, at: part.steps + [.key("link")], &part) }
        // What all have alike is read once, so that a mistake in it is said once.
        guard let first = name(of: template, number: 1, &part) else { return [] }
        let model = node(first, .edge, NodeAddresses(), link, &part)
        return (1...count).compactMap { number in
            guard let name = name(of: template, number: number, &part) else { return nil }
            return TopologyNode(
                name: name,
                role: .edge,
                addresses: model.addresses,
                labels: model.labels,
                settings: model.settings,
                link: link,
                restartAfter: model.restartAfter
            )
        }
    }

    private static func name(of template: String, number: Int, _ part: inout FieldReader) -> NodeID? {
        let pieces = template.split(separator: "{n}", omittingEmptySubsequences: false)
        return name(pieces.joined(separator: "\(number)"), &part)
    }

    private static func name(_ text: String, _ part: inout FieldReader) -> NodeID? {
        // Their certificates and folders are made under these names.
        guard !text.hasPrefix(CheckPlan.clientPrefix) else {
            let words = "names that begin with '\(CheckPlan.clientPrefix)' are those of a check's own clients"
            part.add("name", "'\(text.prefix(64).description.printable)' cannot be the name of a node: \(words)")
            return nil
        }
        do throws(CoreError) { return try NodeID(text) } catch {
            part.add("name", "'\(text.prefix(64).description.printable)' is no name: \(error.message)")
            return nil
        }
    }

    private static func labels(_ part: inout FieldReader) -> NodeLabels {
        var found: [NodeLabel] = []
        for member in part.object("labels")?.members ?? [] {
            guard let text = member.value.text else {
                part.add("labels", "a label is text, and '\(member.key.prefix(60).description.printable)' is not")
                continue
            }
            do throws(CoreError) {
                found.append(try NodeLabel(name: member.key, value: text))
            } catch {
                part.add("labels", error.message)
            }
        }
        do throws(CoreError) {
            return try NodeLabels(found)
        } catch {
            part.add("labels", error.message)
            return .none
        }
    }

    private static func node(
        _ name: NodeID,
        _ role: NodeRole,
        _ addresses: NodeAddresses,
        _ link: TopologyLink,
        _ part: inout FieldReader
    ) -> TopologyNode {
        let labels = labels(&part)
        let settings = part.object("settings").map {
            SettingsSection(object: $0, steps: part.steps + [.key("settings")])
        }
        var restartAfter: Duration? = .seconds(1)
        if part.object["restartAfter"]?.text == "never" {
            restartAfter = nil
        } else if let duration = part.duration("restartAfter") {
            restartAfter = duration
        }
        return TopologyNode(
            name: name,
            role: role,
            addresses: addresses,
            labels: labels,
            settings: settings,
            link: link,
            restartAfter: restartAfter
        )
    }

    private static func checkNames(_ nodes: [TopologyNode], _ reader: inout FieldReader) {
        var seen: Set<NodeID> = []
        for node in nodes where !seen.insert(node.name).inserted {
            reader.add("edges", "two nodes are called '\(node.name)'")
            return
        }
    }

    // MARK: Links and checks

    static func link(_ value: JSONValue, at steps: [JSONStep], _ reader: inout FieldReader) -> TopologyLink {
        var part = FieldReader(value, .link, at: steps, of: reader.source)
        defer { reader.add(part.mistakes) }
        var link = TopologyLink()
        link.isDirect = part.truth("direct") ?? false
        link.latency = part.duration("latency") ?? .zero
        link.jitter = part.duration("jitter") ?? .zero
        link.lostPerThousand = part.percentage("loss") ?? 0
        link.duplicatedPerThousand = part.percentage("duplicate") ?? 0
        link.corruptedPerThousand = part.percentage("corrupt") ?? 0
        link.reorderedPerThousand = part.percentage("reorder") ?? 0
        if let text = part.text("rate"), text != "off" {
            let rate = part.word("rate", text, ByteCount.commandLineSyntax)
            if rate?.bytes == 0 { part.add("rate", "a link through which nothing goes is a partition") }
            link.bytesPerSecond = rate.map { Int(clamping: $0.bytes) }
        }
        if link.isDirect, part.object.members.count > 1 {
            part.add("direct", "a direct link has no conditions: leave out 'direct', or the others")
        }
        return link
    }

    private static func check(_ reader: inout FieldReader) -> CheckPlan {
        var plan = CheckPlan()
        guard let value = reader.object["check"] else { return plan }
        var part = FieldReader(value, .check, at: [.key("check")], of: reader.source)
        plan.accounts = part.number("accounts", within: 1...1_000) ?? plan.accounts
        plan.clients = part.number("clients", within: 1...64) ?? plan.clients
        plan.lasts = part.duration("lasts") ?? plan.lasts
        plan.isGiven = true
        reader.add(part.mistakes)
        return plan
    }
}
