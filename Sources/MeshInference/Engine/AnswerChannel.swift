internal import MeshChat
internal import MeshCore

/// An answer between the thread that computes it and the task that reads it.
///
/// Words that nobody has fetched yet become one event, and when ``Limits/Chat/maximumEventsAhead`` tokens wait the
/// thread computes no further.
final class AnswerChannel: Sendable {
    private struct State {
        var events: [ChatEvent] = []
        /// Steps that the events were made of.
        var steps = 0
        var failure: ChatError?
        var isOver = false
        var isCancelled = false
        var reader: CheckedContinuation<Void, Never>?
        var usage = ChatUsage()
    }

    private let state = Lock(State())
    /// Tells the thread that the reader has left.
    private let leave: @Sendable () -> Void
    /// Tells the thread that the reader reads again.
    private let goOn: @Sendable () -> Void

    init(leave: @escaping @Sendable () -> Void, goOn: @escaping @Sendable () -> Void) {
        self.leave = leave
        self.goOn = goOn
    }

    // MARK: - The reader

    func next() async throws(ChatError) -> ChatEvent? {
        if Task.isCancelled { cancel() }
        while true {
            let (event, isOver, failure, hasMadeRoom) = state.withLock {
                state -> (ChatEvent?, Bool, ChatError?, Bool) in
                if state.isCancelled { return (nil, true, ChatError(.cancelled, "the answer was stopped"), false) }
                guard !state.events.isEmpty else { return (nil, state.isOver, state.failure, false) }
                let event = state.events.removeFirst()
                guard state.events.isEmpty else { return (event, false, nil, false) }
                let wasFull = state.steps >= Limits.Chat.maximumEventsAhead
                state.steps = 0
                return (event, false, nil, wasFull)
            }
            if hasMadeRoom { goOn() }
            if let event { return event }
            if let failure { throw failure }
            if isOver { return nil }
            await waitForMore()
        }
    }

    func cancel() {
        let (isNew, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isOver, !state.isCancelled else { return (false, nil) }
            state.isCancelled = true
            return (true, state.reader.take())
        }
        if isNew { leave() }
        reader?.resume()
    }

    var usage: ChatUsage { state.withLock { $0.usage } }

    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.events.isEmpty, !state.isOver, !state.isCancelled else { return false }
                    state.reader = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
    }

    // MARK: - The thread

    /// Whether the reader has left.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Whether the reader has enough to read.
    var isFull: Bool { state.withLock { $0.steps >= Limits.Chat.maximumEventsAhead } }

    func send(_ events: [ChatEvent], usage: ChatUsage) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.usage = usage
            guard !events.isEmpty else { return nil }
            state.steps += 1
            for event in events {
                if case .text(let more) = event, case .text(let before)? = state.events.last {
                    state.events[state.events.count - 1] = .text(before + more)
                } else {
                    state.events.append(event)
                }
            }
            return state.reader.take()
        }
        reader?.resume()
    }

    func finish(_ failure: ChatError? = nil) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isOver = true
            state.failure = failure
            return state.reader.take()
        }
        reader?.resume()
    }
}

/// What the reader holds: letting go of it stops the answer.
final class EmbeddedAnswer: ChatAnswer {
    private let channel: AnswerChannel

    init(_ channel: AnswerChannel) { self.channel = channel }

    deinit { channel.cancel() }

    func next() async throws(ChatError) -> ChatEvent? { try await channel.next() }

    func cancel() { channel.cancel() }

    var usageSoFar: ChatUsage { channel.usage }
}
