internal import MeshCertificates
package import MeshCommandLine
package import MeshCore
package import MeshLedger
package import MeshPrivacy
internal import MeshTunnel
internal import MeshVitals

/// Every setting of a node: the one table.
package enum Settings {
    /// What the node does.
    package static let role = Setting<NodeRole?>("role", flag: "role", .nothing(""), for: both, "Be a hub or an edge.")
    /// Where it lies.
    package static let data = Setting<String>(
        "data",
        flag: "data",
        as: .folder,
        .roles(hub: "meshnode-hub", edge: "meshnode-edge"),
        for: both,
        "The node's folder, made where it is missing."
    )

    // MARK: Hubs

    /// Where edges come to.
    package static let listen = Setting<ListenAddress>(
        "hub.listen",
        flag: "listen",
        .value("127.0.0.1:7411"),
        for: [.hub],
        "Where edges come to; port 0 is any free one."
    )
    /// Where devices come to that have no certificate.
    package static let enrolListen = Setting<ListenChoice?>(
        "hub.enrolListen",
        flag: "enrol-listen",
        .nothing("the port after that of hub.listen"),
        for: [.hub],
        "Where devices without a certificate come to."
    )
    /// What the hub is called.
    package static let name = Setting<NodeID>(
        "hub.name",
        flag: "name",
        .value("hub-1"),
        for: [.hub],
        "What the hub is called."
    )
    /// Whose the hub is.
    package static let tenant = Setting<TenantID>(
        "hub.tenant",
        flag: "tenant",
        .value("main"),
        for: [.hub],
        "Whose the hub is."
    )
    /// Host names in the hub's certificate.
    package static let dns = Setting<[String]>(
        "hub.dns",
        flag: "dns",
        valueName: "NAME",
        .nothing("localhost alone"),
        for: [.hub],
        "Host names that the hub answers under beside localhost."
    )
    /// Addresses in the hub's certificate.
    package static let addresses = Setting<[IPAddress]>(
        "hub.ip",
        flag: "ip",
        .nothing("the loopback alone"),
        for: [.hub],
        "Addresses that the hub answers under beside those of the loopback."
    )
    /// The life of certificates that are given to devices.
    package static let certificatesFor = Setting<Lifetime>(
        "hub.certificatesFor",
        flag: "certificates-for",
        .value(Lifetime.commandLineSyntax.text(of: Lifetime(seconds: NodeGrant.standardLife.components.seconds))),
        for: [.hub],
        reloads: true,
        "How long the certificates count that the hub gives."
    )
    /// Who signs in place of the key in the folder.
    package static let issuer = Setting<String?>(
        "hub.issuer",
        flag: "issuer",
        valueName: "COMMAND",
        .nothing("the key in the hub's folder signs"),
        for: [.hub],
        isSecret: true,
        "A shell command that signs certificates; it reads a request (PEM) and writes a chain."
    )
    /// How many handshakes the hub takes.
    package static let handshakesPerSecond = Setting<Int>(
        "hub.handshakesPerSecond",
        flag: "handshakes-per-second",
        as: .within(1...100_000),
        .value("\(Limits.Hub.handshakesPerSecond)"),
        for: [.hub],
        reloads: true,
        "Handshakes that the hub takes in a second; further edges are told when to come."
    )
    /// How long what is under way may take when the hub is stopped.
    package static let drainPatience = Setting<Duration>(
        "hub.drainPatience",
        flag: "drain-patience",
        as: .within(.seconds(0) ... .seconds(600)),
        .value("10s"),
        for: [.hub],
        reloads: true,
        "How long what is under way may take when the hub is stopped."
    )
    /// Whether the accounts of checks live there.
    package static let checkAccounts = Setting<Bool>(
        "hub.checkAccounts",
        flag: "check-accounts",
        .value("false"),
        for: [.hub],
        "Whether the hub keeps the accounts of `meshnode cluster up --check`; there is no money in them."
    )

    /// Whether the hub answers text that no edge has redacted.
    package static let acceptsUnredacted = Setting<Bool>(
        "hub.acceptsUnredacted",
        flag: "accept-unredacted",
        .value("true"),
        for: [.hub],
        "Whether the hub answers chats and questions by HTTP, which no edge has redacted, or those of edges alone."
    )

    /// Whether models run in the hub's process.
    package static let engineEnabled = Setting<Bool>(
        "engine.enabled",
        flag: "engine",
        .value("true"),
        for: [.hub],
        "Whether the hub answers chats with models in its own process, where the engine's library is there."
    )
    /// Where the library is.
    package static let engineLibrary = Setting<String?>(
        "engine.library",
        flag: "engine-library",
        as: .file,
        .nothing("MESHNODE_LLM_LIBRARY, else beside the program, in ../lib, where set-up has built it"),
        for: [.hub],
        "The file libmeshllm.so, which the models in the hub's process need."
    )
    /// Models beside the tiny one.
    package static let engineModels = Setting<[ModelPlace]>(
        "engine.models",
        flag: "engine-model",
        .nothing("none but the tiny one"),
        for: [.hub],
        "Models in the hub's process by name, the most wanted first, which is what `local` means."
    )
    /// Whether the tiny model is there.
    package static let engineTiny = Setting<Bool>(
        "engine.tiny",
        flag: "engine-tiny",
        .value("true"),
        for: [.hub],
        "Whether the tiny model that comes with the program is there as `tiny`."
    )
    /// Threads of a model.
    package static let engineThreads = Setting<Int>(
        "engine.threads",
        flag: "engine-threads",
        as: .within(1...64),
        .value("1"),
        for: [.hub],
        """
        Threads that each model of engine.models computes with; the tiny one has one. With more than one, an assertion \
        of llama.cpp that fails in one of the others ends the process; with one it is an error of that answer.
        """
    )
    /// The most tokens of a conversation.
    package static let engineContext = Setting<Int?>(
        "engine.contextTokens",
        flag: "engine-context-tokens",
        as: .within(256...1_048_576),
        .nothing("what a model was trained with, 8192 at most"),
        for: [.hub],
        "The most tokens of a conversation with a model of engine.models."
    )

    /// The tier of new accounts.
    package static let newAccounts = Setting<LedgerTier>(
        "ledger.newAccounts",
        flag: "ledger-new-accounts",
        .value("managed"),
        for: [.hub],
        """
        What an account may do that asks for the first time; managed and byok owe up to the ceiling, free has only \
        models that cost nothing until it is granted something or has paid. An operator's later word counts more.
        """
    )
    /// Where accounts are topped up.
    package static let topUpURL = Setting<String?>(
        "ledger.topUpURL",
        flag: "ledger-top-up-url",
        valueName: "URL",
        .nothing("none"),
        for: [.hub],
        "Where an account is topped up: told to whoever is refused because the credit does not suffice."
    )
    /// The table of multipliers and ceilings.
    package static let policyFile = Setting<String?>(
        "ledger.policyFile",
        flag: "ledger-policy-file",
        as: .file,
        .nothing("the table that ships"),
        for: [.hub],
        "A file with multipliers, ceilings and grants of all tiers, written as data/ledger.json5 is."
    )

    // MARK: Edges

    /// Where hubs are.
    package static let hubs = Setting<[HubPlace]>(
        "edge.hubs",
        flag: "hub",
        .nothing("none, but an edge needs one"),
        for: [.edge],
        "Where hubs are, the preferred first."
    )
    /// Where devices go whose certificate has expired.
    package static let enrolAt = Setting<EnrolmentAddress?>(
        "edge.enrolAt",
        flag: "enrol-at",
        .nothing("the port after that of the first hub"),
        for: [.edge],
        "Where a hub takes devices whose certificate has expired."
    )
    /// How often the edge tells the hub of itself.
    package static let beatInterval = Setting<Duration>(
        "edge.beatInterval",
        flag: "beat-interval",
        as: .within(Limits.Heartbeat.shortestInterval...Limits.Beat.longestInterval),
        .value("30s"),
        for: [.edge],
        "How often the edge tells the hub how it fares."
    )
    /// From which load of a graphics card the hub is pre-warmed.
    package static let preWarmLoad = Setting<Int>(
        "edge.preWarmLoad",
        flag: "pre-warm-load",
        as: .within(Limits.Heartbeat.preWarmPercent),
        .value("80"),
        for: [.edge],
        "Above so many percent of a graphics card's load the edge has its hub make ready; again once it has rested."
    )
    /// From which temperature the hub is pre-warmed.
    package static let preWarmCelsius = Setting<Int>(
        "edge.preWarmCelsius",
        flag: "pre-warm-celsius",
        as: .within(Limits.Heartbeat.preWarmCelsius),
        .value("80"),
        for: [.edge],
        "Above so many degrees Celsius the edge has its hub make ready; again once it has cooled."
    )

    /// What operators call the edge by.
    package static let labels = Setting<[NodeLabel]>(
        "edge.labels",
        flag: "label",
        .nothing("none"),
        for: [.edge],
        "Words that the hub knows the edge by, for people and filters."
    )
    /// Whether applications are answered.
    package static let chat = Setting<Bool>(
        "edge.chat",
        flag: "chat",
        .value("true"),
        for: [.edge],
        "Whether the edge answers chats and questions of this machine's programs, through its tunnel, at http.listen."
    )
    /// The file with the key that programs have to show.
    package static let apiKeyFile = Setting<String?>(
        "edge.apiKeyFile",
        flag: "api-key-file",
        as: .file,
        .nothing("programs of this machine need no key"),
        for: [.edge],
        "A file with the key, on one line and its owner's alone, that whoever asks the edge by HTTP has to show."
    )
    /// The file with the secret of placeholders and maps.
    package static let privacyKey = Setting<String?>(
        "edge.privacyKey",
        flag: "privacy-key",
        as: .file,
        .nothing("a file beside the node's folder, called as that is and .privacy-key, made at the first start"),
        for: [.edge],
        """
        The file with the secret that decides the placeholders and opens what is kept of them; a backup of the node's \
        folder should not have it.
        """
    )
    /// How long maps are kept.
    package static let privacyKeepFor = Setting<Lifetime>(
        "edge.privacy.keepFor",
        flag: "privacy-keep-for",
        .value("30d"),
        for: [.edge],
        "For how long after its last use the edge keeps what the placeholders of a conversation stand for; at most 90d."
    )
    /// Kinds that may not leave.
    package static let privacyBlock = Setting<[PersonalKind]>(
        "edge.privacy.block",
        flag: "privacy-block",
        .nothing("none: all are replaced"),
        for: [.edge],
        "Kinds of personal data with which a request is refused, placeholder or not."
    )
    /// Kinds that leave as they are.
    package static let privacyPass = Setting<[PersonalKind]>(
        "edge.privacy.pass",
        flag: "privacy-pass",
        .nothing("none: all are replaced"),
        for: [.edge],
        "Kinds of personal data that leave as they are, without a placeholder."
    )
    /// The file with the user's own terms.
    package static let privacyTerms = Setting<String?>(
        "edge.privacy.terms",
        flag: "privacy-terms",
        as: .file,
        .nothing("none"),
        for: [.edge],
        "A file with words of your own that must not leave, one on each line; a kind and a colon may stand before it."
    )

    // MARK: Both

    /// When a silent connection is over.
    package static let idleTimeout = Setting<Duration>(
        "transport.idleTimeout",
        flag: "idle-timeout",
        as: .within(.seconds(10) ... .seconds(600)),
        .value("30s"),
        for: both,
        "A connection without a packet for so long is over; the smaller value of both sides counts."
    )
    /// Whether tickets are used.
    package static let resumption = Setting<Bool>(
        "transport.resumption",
        flag: "resumption",
        .value("true"),
        for: both,
        "Whether connections are resumed with tickets, which saves most of a handshake."
    )
    /// Where operators look.
    package static let httpListen = Setting<ListenChoice?>(
        "http.listen",
        flag: "http-listen",
        .nothing("a hub: on the loopback, two ports after that of hub.listen; an edge: 127.0.0.1:8787"),
        for: both,
        "Where the node answers by HTTP (chats, state, metrics); with http.certificate where other machines reach it."
    )
    /// The certificate of that listener.
    package static let httpCertificate = Setting<String?>(
        "http.certificate",
        flag: "http-certificate",
        as: .file,
        .nothing("plain HTTP"),
        for: both,
        "A file with the certificate (PEM) for HTTPS; http.key belongs to it."
    )
    /// The key of that listener.
    package static let httpKey = Setting<String?>(
        "http.key",
        flag: "http-key",
        as: .file,
        .nothing("plain HTTP"),
        for: both,
        "A file with the key (PEM) for HTTPS, its owner's alone."
    )
    /// How log lines look.
    package static let logFormat = Setting<LogFormat>(
        "log.format",
        flag: "log-format",
        .value("human"),
        for: both,
        "How log lines look."
    )
    /// What is logged.
    package static let logLevel = Setting<LogLevel>(
        "log.level",
        flag: "log-level",
        .value("info"),
        for: both,
        reloads: true,
        "Below it nothing is logged."
    )

    /// All of them, in the order in which people are shown them.
    package static let all: [SettingRow] = [
        role.row, data.row, listen.row, enrolListen.row, name.row, tenant.row, dns.row, addresses.row,
        certificatesFor.row, issuer.row, handshakesPerSecond.row, drainPatience.row, checkAccounts.row,
        acceptsUnredacted.row,
        engineEnabled.row, engineLibrary.row, engineModels.row, engineTiny.row, engineThreads.row, engineContext.row,
        newAccounts.row, topUpURL.row, policyFile.row,
        stripeKeyFile.row, stripeWebhookSecretFile.row, stripeMeter.row, stripeMeterID.row, stripeBaseURL.row,
        stripeSuccessURL.row, stripeCancelURL.row,
        hubs.row,
        enrolAt.row, beatInterval.row, preWarmLoad.row, preWarmCelsius.row, labels.row, chat.row,
        apiKeyFile.row, privacyKey.row, privacyKeepFor.row, privacyBlock.row, privacyPass.row, privacyTerms.row,
        idleTimeout.row, resumption.row, httpListen.row, httpCertificate.row, httpKey.row,
        logFormat.row, logLevel.row,
    ]

    private static let both: [NodeRole] = [.hub, .edge]
}
