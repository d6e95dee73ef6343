internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshNode
internal import MeshTopology

/// A cluster to be run: what its file describes, checked to the last setting, and where it lies.
struct ClusterPlan: Sendable {
    /// What is run.
    let topology: Topology

    /// The hub.
    let hub: TopologyNode

    /// Where everything of it lies.
    let folder: String

    /// What nodes are told beside what the cluster decides.
    private let said: [NodeID: ConfigurationLoader.StartWords]

    /// What operators call them by.
    private let labels: [NodeID: NodeLabels]

    /// Reads the file at `path`, and has each node's settings read by those who know them.
    static func load(_ path: String, folder: String?) throws(TopologyError) -> ClusterPlan {
        let bytes: [UInt8]
        do throws(ConfigurationError) { bytes = try ProcessGround.content(of: path, called: "the description") } catch {
            throw TopologyError(error.mistakes)
        }
        return try ClusterPlan(TopologyReader.read(bytes, path: path), folder: folder ?? standardFolder(for: path))
    }

    init(_ topology: Topology, folder: String) throws(TopologyError) {
        guard let hub = topology.hub else {
            throw TopologyError([JSONMistake(place: topology.source.path, message: "the cluster has no hub")])
        }
        self.hub = hub
        self.topology = topology
        self.folder = folder
        var said: [NodeID: ConfigurationLoader.StartWords] = [:]
        var mistakes: [JSONMistake] = []
        var known: [[JSONStep]: ConfigurationLoader.StartWords] = [:]
        for node in topology.nodes {
            guard let section = node.settings else { continue }
            if known[section.steps] == nil {
                do throws(ConfigurationError) {
                    known[section.steps] = try ConfigurationLoader.words(
                        of: section.object,
                        at: section.steps,
                        of: topology.source,
                        for: node.role,
                        besides: Self.decided
                    )
                } catch {
                    mistakes += error.mistakes
                    known[section.steps] = ConfigurationLoader.StartWords()
                }
            }
            said[node.name] = known[section.steps]
        }
        guard mistakes.isEmpty else { throw TopologyError(mistakes) }
        self.said = said
        labels = Dictionary(uniqueKeysWithValues: topology.nodes.map { ($0.name, $0.labels) })
    }

    /// `topology/hundred-edges.json5` lies in `meshnode-cluster-hundred-edges`.
    static func standardFolder(for path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "cluster"
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        return "meshnode-cluster-\(stem)"
    }

    /// What no description says of a node: the cluster does, or other fields of it.
    static let decided: [SettingRow] = [
        Settings.role.row, Settings.data.row, Settings.listen.row, Settings.enrolListen.row, Settings.name.row,
        Settings.tenant.row, Settings.checkAccounts.row, Settings.hubs.row, Settings.enrolAt.row,
        Settings.logFormat.row, Settings.labels.row,
    ]

    /// The folder of one node.
    func folder(of node: NodeID) -> String { "\(folder)/nodes/\(node)" }

    /// Whose all nodes are.
    static var tenant: TenantID? { try? TenantID("main") }

    /// What is secret, and so is no word that starts the node.
    func variables(of node: NodeID) -> [String: String] { said[node]?.variables ?? [:] }

    /// The words that start the hub at these addresses.
    func words(hubAt addresses: NodeAddresses, checks: Bool) -> [String] {
        [
            "--role=hub", "--name=\(hub.name)", "--data=\(folder(of: hub.name))", "--listen=\(addresses.listen)",
            "--enrol-listen=\(addresses.enrolListen)", "--http-listen=\(addresses.httpListen)", "--log-format=json",
            "--check-accounts=\(checks)",
        ] + (said[hub.name]?.flags ?? [])
    }

    /// The words that start an edge of a hub at these addresses.
    func words(edge: NodeID, hubAt address: String, enrolAt enrolment: String) -> [String] {
        let flags = said[edge]?.flags ?? []
        // Edges of one machine would all listen at the same port: they answer nobody but where the description says.
        let listens = flags.contains { $0.hasPrefix("--\(Settings.httpListen.row.flag)=") }
        return [
            "--role=edge", "--data=\(folder(of: edge))", "--hub=\(address)", "--enrol-at=\(enrolment)",
            "--log-format=json",
        ] + (listens ? [] : ["--\(Settings.httpListen.row.flag)=off"])
            + (labels[edge] ?? .none).all.map { "--label=\($0)" } + flags
    }
}
