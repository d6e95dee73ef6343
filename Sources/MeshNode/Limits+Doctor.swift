package import MeshCore

extension Limits {
    /// Bounds on how far an edge's clock and its hub's may be apart.
    package enum HubClock {
        /// Beyond it a running edge warns of it: tokens and certificates are made with little more to spare.
        package static let tolerated = Duration.seconds(60)

        /// From here on an edge that starts ends in place of going on, and one that runs is not ready.
        package static let wrong = Duration.seconds(12 * 3_600)
    }
}

extension Limits {
    /// Bounds on looking at what a node stands on.
    package enum Doctor {
        /// How long each part is looked at; then it counts as one that hangs.
        ///
        /// All are looked at side by side.
        package static let patience = Duration.seconds(9)

        /// How long the node's folder is waited for before all else; then it counts as one that hangs.
        package static let folderPatience = Duration.seconds(1)

        /// How long what was found at a node that runs is told to all who ask; then the next one has it looked at anew.
        package static let findingsAge = Duration.seconds(5)

        /// How long threads of a former look are waited for; then they hang, and nothing is looked at anew.
        package static let threadPatience = Duration.milliseconds(500)

        /// How long a name is asked for; then no server has answered.
        package static let namePatience = Duration.seconds(2)

        /// After which pauses a datagram is sent again, and how long the last is waited for; then nobody answers.
        package static let probePauses: [Duration] = [.milliseconds(300), .milliseconds(700), .milliseconds(1_000)]

        /// How long a handshake, and a hello, may take each; then they have failed.
        package static let handshakePatience = Duration.milliseconds(1_500)

        /// How long the hub's time is waited for; then its clock is not compared.
        package static let clockPatience = Duration.seconds(1)

        /// How often the disk is made to sync.
        package static let syncs = 5

        /// Hubs that are looked at; those that come later are not.
        package static let hubs = 8

        /// Mistakes of a configuration that are told of; `meshnode config check` tells of all.
        package static let mistakes = 10
    }
}

extension Limits {
    /// Bounds on what `meshnode diag` gathers.
    package enum Diagnosis {
        /// Files in it; further ones are left out, and the manifest says so.
        package static let maximumEntries = 64

        /// Bytes of it; a file that would make it larger is left out.
        package static let maximumBytes = 32 * 1_024 * 1_024

        /// Bytes of one file; a larger one is left out.
        package static let maximumPartBytes = 4 * 1_024 * 1_024

        /// Files of the node's folder that are listed; further ones are not.
        package static let maximumFiles = 1_024

        /// How deep folders in it are gone into; what lies deeper is not listed.
        package static let folderDepth = 4
    }
}
