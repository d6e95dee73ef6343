internal import MeshCore
internal import MeshIO

/// Ends what is under way when a signal comes.
final class InterruptWatch: LoopHandler, @unchecked Sendable {
    // Sendable: `registration` is touched on `loop` alone, `state` is a lock.
    private enum State {
        case new
        case waiting(CheckedContinuation<Int32?, Never>)
        case over
    }

    private let state = Lock(State.new)
    private let loop: EventLoop
    private let descriptor: Int32
    private var registration: LoopRegistration?

    private init(_ descriptor: Int32, _ loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// What `body` returns; where a signal comes first it is cancelled, and what it throws then is an ``Interruption``.
    static func run<Value: Sendable>(
        _ ground: CommandGround,
        on loop: EventLoop,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let descriptor = ground.takeSignals() else { return try await body() }
        let watch = InterruptWatch(descriptor, loop)
        defer { watch.end() }
        return try await withThrowingTaskGroup(of: Outcome<Value>.self) { group in
            group.addTask { .done(try await body()) }
            group.addTask { .interrupted(await watch.wait()) }
            defer { group.cancelAll() }
            switch try await group.next() {
            case .done(let value)?: return value
            case .interrupted(let signal?)?: throw Interruption(signal: signal)
            case .interrupted(nil)?, nil: throw CancellationError()
            }
        }
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case done(Value)
        case interrupted(Int32?)
    }

    /// The signal; nil where the task is cancelled.
    private func wait() async -> Int32? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state -> Bool in
                    guard case .new = state else { return false }
                    state = .waiting(continuation)
                    return true
                }
                guard isWaiting else { return continuation.resume(returning: nil) }
                loop.executeAlways { self.begin() }
            }
        } onCancel: {
            settle(nil)
        }
    }

    private func begin() {
        guard case .waiting = state.withLock({ $0 }) else { return }
        registration = try? loop.register(descriptor, for: .readable, handler: self)
    }

    func ready(_ readiness: Readiness) {
        guard let signal = ProcessSignals.next(from: descriptor) else { return }
        settle(signal)
    }

    private func end() {
        settle(nil)
        loop.executeAlways {
            if let registration = self.registration { self.loop.deregister(registration) }
            self.registration = nil
        }
    }

    private func settle(_ signal: Int32?) {
        let waiter = state.withLock { state -> CheckedContinuation<Int32?, Never>? in
            defer { state = .over }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        waiter?.resume(returning: signal)
    }
}

/// A signal has ended what was under way.
struct Interruption: Error, Hashable, Sendable {
    /// Its number.
    let signal: Int32
}
