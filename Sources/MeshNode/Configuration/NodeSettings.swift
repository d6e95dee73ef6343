package import MeshCertificates
internal import MeshCommandLine
package import MeshCore
internal import MeshIO
internal import MeshJSON

/// What hubs and edges are both told.
package struct NodeSettings: Sendable {
    /// The node's folder.
    package let data: String
    /// When a silent connection is over.
    package let idleTimeout: Duration
    /// Whether connections are resumed.
    package let resumption: Bool
    /// Where operators ask by HTTP.
    package let http: HTTPSettings
    /// How log lines look.
    package let logFormat: LogFormat
    /// Below it nothing is logged.
    package let logLevel: LogLevel

    init(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake], http standard: ListenChoice) {
        data = configuration[Settings.data]
        idleTimeout = configuration[Settings.idleTimeout]
        resumption = configuration[Settings.resumption]
        http = HTTPSettings(configuration, &mistakes, standard: standard)
        logFormat = configuration[Settings.logFormat]
        logLevel = configuration[Settings.logLevel]
    }
}

/// Where operators ask by HTTP, and by which certificate.
package struct HTTPSettings: Hashable, Sendable {
    /// Where.
    package let listen: ListenChoice
    /// The files with certificate and key for HTTPS; nil for plain HTTP.
    package let files: Files?

    /// A certificate and its key.
    package struct Files: Hashable, Sendable {
        /// The file with the certificate.
        package let certificate: String
        /// The file with its key.
        package let key: String
    }

    init(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake], standard: ListenChoice) {
        listen = configuration[Settings.httpListen] ?? standard
        switch (configuration[Settings.httpCertificate], configuration[Settings.httpKey]) {
        case (let certificate?, let key?): files = Files(certificate: certificate, key: key)
        case (nil, nil): files = nil
        case (_?, nil):
            files = nil
            mistakes.add(configuration, Settings.httpCertificate, "a certificate is of no use without 'http.key'")
        case (nil, _?):
            files = nil
            mistakes.add(configuration, Settings.httpKey, "a key is of no use without 'http.certificate'")
        }
        if case .at(.address(let address)) = listen, !address.isLoopback,
            configuration[Settings.httpCertificate] == nil, configuration[Settings.httpKey] == nil
        {
            mistakes.add(configuration, Settings.httpListen, Self.needsCertificate(address.description))
        }
    }

    /// Why nobody listens in the clear at a `place` that others reach.
    static func needsCertificate(_ place: String) -> String {
        "other machines reach \(place), where keys must not travel in the clear: say 'http.certificate' and "
            + "'http.key', or listen at an address of the loopback, such as 127.0.0.1"
    }
}

/// What a hub is told, weighed: whatever could contradict something else has been refused.
package struct HubSettings: Sendable {
    /// What edges are told too.
    package let node: NodeSettings
    /// Where edges come to.
    package let listen: ListenAddress
    /// Where devices without a certificate come to; nil for nowhere.
    package let enrolListen: ListenAddress?
    /// Who the hub is, and under which names it answers.
    package let grant: NodeGrant
    /// How long the certificates count that it gives.
    package let certificatesFor: Duration
    /// A shell command that signs in place of the key in its folder.
    package let issuer: String?
    /// Handshakes that it takes in a second.
    package let handshakesPerSecond: Int
    /// How long what is under way may take when it is stopped.
    package let drainPatience: Duration
    /// Whether the accounts of checks live there.
    package let checkAccounts: Bool
    /// Whether it answers what no edge has redacted.
    package let acceptsUnredacted: Bool
    /// How it answers chats.
    package let chat: ChatSettings
    /// How it keeps accounts.
    package let ledger: LedgerSettings

    /// The settings of a hub, or everything that does not fit together.
    package init(_ configuration: Configuration) throws(ConfigurationError) {
        var mistakes: [ConfigurationMistake] = []
        let listen = configuration[Settings.listen]
        self.listen = listen
        node = NodeSettings(configuration, &mistakes, http: Self.httpListen(beside: listen))
        switch configuration[Settings.enrolListen] {
        case .off?: enrolListen = nil
        case .at(let address)?: enrolListen = address
        case nil: enrolListen = listen.with(port: listen.port == 0 ? 0 : listen.port &+ 1)
        }
        if listen.port == .max, configuration[Settings.enrolListen] == nil {
            mistakes.add(configuration, Settings.listen, "there is no port after 65535: say 'hub.enrolListen' too")
        }
        if listen.port != 0, enrolListen == listen {
            mistakes.add(configuration, Settings.enrolListen, "'\(listen)' is where edges come to: take another port")
        }
        certificatesFor = configuration[Settings.certificatesFor].duration
        if !(Duration.seconds(1)...Limits.Certificate.maximumLife).contains(certificatesFor) {
            mistakes.add(
                configuration,
                Settings.certificatesFor,
                "a life is a second at least and a hundred years at most"
            )
        }
        issuer = configuration[Settings.issuer]
        handshakesPerSecond = configuration[Settings.handshakesPerSecond]
        drainPatience = configuration[Settings.drainPatience]
        checkAccounts = configuration[Settings.checkAccounts]
        acceptsUnredacted = configuration[Settings.acceptsUnredacted]
        chat = ChatSettings(configuration, &mistakes)
        ledger = LedgerSettings(configuration, &mistakes)
        guard let grant = Self.grant(configuration, &mistakes), mistakes.isEmpty else {
            throw ConfigurationError(mistakes)
        }
        self.grant = grant
    }

    /// On the loopback, so that several hubs of one machine do not meet: two ports after that of the edges.
    private static func httpListen(beside listen: ListenAddress) -> ListenChoice {
        guard listen.port <= UInt16.max - 2 else { return .off }
        return .at(.address(.loopbackIPv4(port: listen.port == 0 ? 0 : listen.port + 2)))
    }

    /// Names under which the hub answers: those that were given, and on the loopback the machine's own.
    private static func grant(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake]) -> NodeGrant? {
        let identity = NodeIdentity(
            tenant: configuration[Settings.tenant],
            role: .hub,
            node: configuration[Settings.name]
        )
        let names = configuration[Settings.dns]
        let loopback = ["127.0.0.1", "::1"].compactMap { IPAddress($0) }
        let addresses = (configuration[Settings.addresses] + loopback).reduce(into: [IPAddress]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        do throws(CertificateError) {
            return try NodeGrant(
                identity: identity,
                dnsNames: names.contains("localhost") ? names : names + ["localhost"],
                addresses: addresses
            )
        } catch {
            mistakes.add(configuration, Settings.dns, error.message)
            return nil
        }
    }
}

extension [ConfigurationMistake] {
    /// Another one about a setting.
    mutating func add<Value>(_ configuration: Configuration, _ setting: Setting<Value>, _ message: String) {
        append(ConfigurationMistake(place: configuration.place(of: setting), message: message))
    }
}
