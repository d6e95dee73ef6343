internal import MeshActors
internal import MeshCore

/// One request on its way through a node, and the place where its caller waits.
final class Exchange: Sendable {
    enum Outcome {
        case response([UInt8])
        case gone
    }

    private struct State {
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
        var handlerCancellation: (@Sendable () -> Void)?
        var isCallerGone = false
    }

    let request: IncomingRequest
    private let state = Lock(State())

    init(_ request: IncomingRequest) { self.request = request }

    /// Whether the caller has stopped waiting.
    var isCallerGone: Bool { state.withLock { $0.isCallerGone } }

    /// Waits for the response, or for the news that there will be none; cancelling ends the wait.
    func outcome() async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Outcome? in
                    if state.outcome == nil { state.waiter = continuation }
                    return state.outcome
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            state.withLock { $0.isCallerGone = true }
            finish(.gone)
            let cancel = state.withLock { $0.handlerCancellation }
            cancel?()
        }
    }

    /// Ends the exchange; only the first end counts.
    func finish(_ outcome: Outcome) {
        let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            return state.waiter.take()
        }
        waiter?.resume(returning: outcome)
    }

    /// Says how the handler's task is cancelled when the caller goes; at once if it has gone.
    func onCallerGone(_ cancel: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            state.handlerCancellation = cancel
            return state.isCallerGone
        }
        if isGone { cancel() }
    }
}

/// Requests that have reached a node and wait for it to handle them.
final class Inbox: Sendable {
    private struct State {
        var waiting = BoundedQueue<Exchange>(capacity: Limits.SimulatedNetwork.maximumWaitingRequests)
        var reader: CheckedContinuation<Exchange?, Never>?
        var isClosed = false
    }

    private let state = Lock(State())

    /// Takes a request in; false when there is no room or nobody serves any more.
    func put(_ exchange: Exchange) -> Bool {
        enum Step { case refused, queued, handed(CheckedContinuation<Exchange?, Never>) }
        let step = state.withLock { state -> Step in
            if state.isClosed { return .refused }
            if let reader = state.reader.take() { return .handed(reader) }
            return state.waiting.append(exchange) ? .queued : .refused
        }
        switch step {
        case .refused: return false
        case .queued: return true
        case .handed(let reader):
            reader.resume(returning: exchange)
            return true
        }
    }

    /// The next request; nil once the calling task is cancelled.
    func next() async -> Exchange? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enum Step { case wait, done(Exchange?) }
                let step = state.withLock { state -> Step in
                    if state.isClosed { return .done(nil) }
                    if let exchange = state.waiting.popFirst() { return .done(exchange) }
                    state.reader = continuation
                    return .wait
                }
                if case .done(let exchange) = step { continuation.resume(returning: exchange) }
            }
        } onCancel: {
            close()
        }
    }

    /// Refuses everything from now on; those who wait learn that there is no answer.
    func close() {
        let (reader, waiting) = state.withLock { state in
            state.isClosed = true
            var exchanges: [Exchange] = []
            while let exchange = state.waiting.popFirst() { exchanges.append(exchange) }
            return (state.reader.take(), exchanges)
        }
        reader?.resume(returning: nil)
        for exchange in waiting { exchange.finish(.gone) }
    }
}
