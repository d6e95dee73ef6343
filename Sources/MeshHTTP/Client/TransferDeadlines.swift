package import MeshCore

/// What a request waits for, and until when: a value without a clock.
///
///     waiting ──▶ connecting ──▶ sending ◀──▶ pausedSending
///                                   │             │
///                                   └──▶ awaitingHead ──▶ receiving ◀──▶ held ──▶ over
package struct TransferDeadlines {
    /// What it waits for.
    package enum Phase: Hashable {
        /// For a place among the connections.
        case waiting
        /// For a connection.
        case connecting
        /// For the server to take the body.
        case sending
        /// For us to have more of the body: no clock runs.
        case pausedSending
        /// For the first byte.
        case awaitingHead
        /// For the next piece of the answer's body.
        case receiving
        /// For our reader: no clock runs.
        case held
        /// For nothing.
        case over
    }

    /// What it waits for now.
    package private(set) var phase = Phase.waiting
    private var since: Instant
    private let timeouts: ClientTimeouts
    private let end: Instant?

    /// Those of a request that begins now.
    package init(_ timeouts: ClientTimeouts, now: Instant) {
        self.timeouts = timeouts
        since = now
        end = timeouts.whole.map { now + $0 }
    }

    /// The request waits for `phase` from now on, or has come a step further in it.
    package mutating func entered(_ phase: Phase, now: Instant) {
        self.phase = phase
        since = now
    }

    /// The only deadline there is.
    package var nextDeadline: Instant? {
        guard phase != .over else { return nil }
        guard let limit = phaseLimit.map({ since + $0 }) else { return end }
        return end.map { min($0, limit) } ?? limit
    }

    /// What was waited for too long; nil where nothing was.
    package func missed(at now: Instant) -> String? {
        guard let deadline = nextDeadline, deadline <= now else { return nil }
        if let end, end <= now { return "the request took longer than \(text(timeouts.whole))" }
        let limit = text(phaseLimit)
        return switch phase {
        case .waiting: "no place among the connections in \(limit)"
        case .connecting: "no connection in \(limit)"
        case .sending: "the server took nothing of the body for \(limit)"
        case .awaitingHead: "the server did not begin to answer in \(limit)"
        case .receiving: "the server sent nothing of the body for \(limit)"
        case .pausedSending, .held, .over: nil
        }
    }

    private var phaseLimit: Duration? {
        switch phase {
        case .waiting: timeouts.waiting
        case .connecting: timeouts.connect
        case .awaitingHead: timeouts.firstByte
        case .sending, .receiving: timeouts.idle
        case .pausedSending, .held, .over: nil
        }
    }

    private func text(_ duration: Duration?) -> String { duration?.shortText ?? "ever" }
}
