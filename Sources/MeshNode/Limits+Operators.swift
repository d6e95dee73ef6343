package import MeshCore

extension Limits {
    /// Bounds on what a hub answers its operators alone.
    package enum Operators {
        /// Bytes of the file that says where; a longer one is not read.
        package static let maximumFileBytes = 4_096

        /// Connections at a time; further ones wait in the kernel.
        package static let maximumConnections = 16

        /// How long a command waits for the hub's answer.
        package static let answerPatience = Duration.seconds(30)

        /// Pages of keys that a command reads, of ``Limits/API/keysPerPage`` each; beyond them it says that there are
        /// more.
        package static let maximumPages = 64
    }
}
