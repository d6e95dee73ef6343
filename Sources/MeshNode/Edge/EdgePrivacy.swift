package import MeshCore
internal import MeshPrivacy
package import MeshRelay
internal import MeshVault

/// What makes an application's words fit to leave an edge, and keeps what puts the originals back.
package struct EdgePrivacy: Sendable {
    /// Redacts, and restores.
    package let maps: ConversationMaps

    private let vault: FileVault
    private let lifetime: Duration
    private let clock: any Clock
    private let logger: Logger

    /// By `settings`, with the maps in the node's folder `data`, which must be this process's.
    ///
    /// Both the maps' folder and the key are made at the first start. Reads files here and now.
    package static func open(
        _ settings: PrivacySettings,
        data: String,
        clock: any Clock,
        logger: Logger
    ) throws -> EdgePrivacy {
        var terms = OwnTerms()
        if let path = settings.termsFile {
            let bytes = try ProcessGround.content(of: path, called: "the file of edge.privacy.terms")
            terms = try TermsFile.read(bytes, path: path)
        }
        let (vault, secret) = try FileVault.open("\(data)/maps", keyAt: settings.keyFile)
        let maps = ConversationMaps(
            redactor: Redactor(policy: settings.policy, terms: terms),
            secret: secret,
            vault: vault,
            lifetime: settings.keepFor,
            clock: clock
        )
        return EdgePrivacy(maps: maps, vault: vault, lifetime: settings.keepFor, clock: clock, logger: logger)
    }

    /// Forgets what has expired until the calling task is cancelled; not while `isClockRight` says no.
    func run(isClockRight: @escaping @Sendable () -> Bool?) async {
        await vault.run(clock: clock, lifetime: lifetime, isClockRight: isClockRight) { [logger] swept in
            switch swept {
            case .success(0): break
            case .success(let count): logger.log(.info, .mapsForgotten, [LogField(.mapCount, .integer(Int64(count)))])
            case .failure(let error): logger.log(.warning, .mapsNotSwept, error: error)
            }
        }
    }
}

extension LogEvent {
    static let mapsForgotten = LogEvent("edge.maps-forgotten")
    static let mapsNotSwept = LogEvent("edge.maps-not-swept")
}

extension LogKey {
    static let mapCount = LogKey("maps")
}
