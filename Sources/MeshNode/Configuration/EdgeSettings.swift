internal import MeshCommandLine
package import MeshCore
internal import MeshIO
package import MeshTunnel

/// What an edge is told, weighed.
package struct EdgeSettings: Sendable {
    /// What hubs are told too.
    package let node: NodeSettings
    /// Where its hubs are, the preferred first; at least one.
    package let hubs: [ConfiguredHub]
    /// Where a hub takes devices whose certificate has expired.
    package let enrolAt: HubAddress
    /// How often it tells the hub how it fares.
    package let beatInterval: Duration
    /// When it has its hub make ready.
    package let preWarm: PreWarmThresholds
    /// Words that the hub knows it by.
    package let labels: NodeLabels
    /// Whether it answers applications.
    package let chat: Bool
    /// The file with the key that these have to show; nil where they need none.
    package let apiKeyFile: String?
    /// What it does about personal data.
    package let privacy: PrivacySettings

    /// The settings of an edge, or everything that does not fit together.
    package init(_ configuration: Configuration) throws(ConfigurationError) {
        var mistakes: [ConfigurationMistake] = []
        node = NodeSettings(configuration, &mistakes, http: .at(.address(Self.standardHTTP)))
        chat = configuration[Settings.chat]
        apiKeyFile = configuration[Settings.apiKeyFile]
        privacy = PrivacySettings(configuration, &mistakes, data: node.data)
        let places = configuration[Settings.hubs].map(\.address)
        hubs = places.enumerated().map { ConfiguredHub($0.element, priority: UInt16(clamping: $0.offset)) }
        beatInterval = configuration[Settings.beatInterval]
        preWarm = PreWarmThresholds(
            graphicsPercent: configuration[Settings.preWarmLoad],
            celsius: configuration[Settings.preWarmCelsius]
        )
        do throws(CoreError) {
            labels = try NodeLabels(configuration[Settings.labels])
        } catch {
            labels = .none
            mistakes.add(configuration, Settings.labels, error.message)
        }
        guard let first = places.first else {
            mistakes.add(
                configuration,
                Settings.hubs,
                "an edge needs to know its hub: say --hub HOST[:PORT], or edge.hubs in the file"
            )
            throw ConfigurationError(mistakes)
        }
        enrolAt = configuration[Settings.enrolAt]?.hub ?? HubAddress(host: first.host, port: first.port &+ 1)
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes) }
    }

    /// Where applications expect an edge: one for each machine.
    private static let standardHTTP = SocketAddress.loopbackIPv4(port: 8_787)
}
