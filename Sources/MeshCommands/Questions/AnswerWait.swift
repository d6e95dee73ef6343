internal import MeshCore

/// What a person is told while nothing of an answer comes, once: an edge takes a while to know that its hub is gone.
package final class AnswerWait: Sendable {
    private enum State: Sendable { case asked, started, over }

    private let state = Lock(State.asked)

    /// A wait that begins.
    package init() {}

    /// Something has come.
    package func take(_ event: AnswerEvent) {
        state.withLock { state in
            if case .started = event, state == .asked { state = .started } else { state = .over }
        }
    }

    /// For whom is waited; nil where words have come, or it was said before.
    package func sayOnce() -> String? {
        state.withLock { state in
            defer { state = .over }
            switch state {
            case .asked: return "waiting for the hub…"
            case .started: return "waiting for the model…"
            case .over: return nil
            }
        }
    }
}
