package import MeshCore

extension Limits {
    /// Bounds on edges.
    package enum Edge {
        /// Links that opened and that nobody has asked for; beyond it they are forgotten, and end by themselves.
        package static let maximumUntakenLinks = 16
    }

    /// Bounds on hubs.
    package enum Hub {
        /// Handshakes that a hub takes in a second unless configured otherwise; further edges are told when to come.
        package static let handshakesPerSecond = 200
    }
}
