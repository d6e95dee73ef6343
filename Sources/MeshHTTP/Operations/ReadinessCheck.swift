/// The port to a part of the node without which it should get no requests.
///
/// Asked when somebody asks whether the node is ready: all checks at once, each one at a time, and not again within
/// ``Limits/Operations/readinessAge``. It must end when it is cancelled, for the answer waits for
/// that.
package protocol ReadinessCheck: Sendable {
    /// What is checked, in snake case.
    var name: String { get }

    /// Whether it works now.
    func state() async -> ReadinessState
}

/// Whether a part of the node works.
package enum ReadinessState: Hashable, Sendable {
    /// It does.
    case ready
    /// It does not, for a reason in snake case that may be shown to whoever asks.
    case notReady(String)
}
