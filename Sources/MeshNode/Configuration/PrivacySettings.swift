internal import MeshCommandLine
internal import MeshCore
package import MeshPrivacy

/// What an edge does about personal data, as it is told.
package struct PrivacySettings: Hashable, Sendable {
    /// What is done with each kind.
    package let policy: PrivacyPolicy
    /// The file with words of the user's own; nil where there are none.
    package let termsFile: String?
    /// The file with the secret that decides placeholders and opens maps.
    package let keyFile: String
    /// How long a map outlives its last use.
    package let keepFor: Duration

    init(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake], data: String) {
        var policy = PrivacyPolicy()
        let blocked = configuration[Settings.privacyBlock]
        for kind in blocked { policy[kind] = .block }
        for kind in configuration[Settings.privacyPass] {
            if blocked.contains(kind) {
                let words = "'\(kind.rawValue)' cannot pass and be refused: leave it out here or in edge.privacy.block"
                mistakes.add(configuration, Settings.privacyPass, words)
            }
            policy[kind] = .pass
        }
        self.policy = policy
        termsFile = configuration[Settings.privacyTerms]
        keyFile = configuration[Settings.privacyKey] ?? Self.keyFile(beside: data)
        keepFor = configuration[Settings.privacyKeepFor].duration
        if !(Duration.seconds(60)...Limits.Privacy.longestMapLifetime).contains(keepFor) {
            let days = Limits.Privacy.longestMapLifetime.components.seconds / 86_400
            mistakes.add(
                configuration,
                Settings.privacyKeepFor,
                "a map is kept for a minute at least and \(days)d at most"
            )
        }
    }

    /// Beside the folder and not in it: who gets a copy of the folder cannot open the maps.
    private static func keyFile(beside data: String) -> String {
        var folder = data[...]
        while folder.count > 1, folder.last == "/" { folder.removeLast() }
        return "\(folder).privacy-key"
    }
}

extension PersonalKind: CommandLineValue {}
