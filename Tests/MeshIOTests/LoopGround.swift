import Glibc
import MeshCore
import MeshIO

/// A loop for one test, ended when the test's work is done.
@discardableResult
func withLoop<Result: Sendable>(_ body: (EventLoop) async throws -> Result) async throws -> Result {
    let loop = try EventLoop.start(name: "test")
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await body(loop)) } catch { outcome = .failure(error) }
    loop.stop()
    await loop.ended()
    return try outcome.get()
}

/// A value that tasks wait for: it grows until it satisfies somebody.
///
/// Sendable: everything is in a lock.
final class Watched<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var waiters: [(isWanted: @Sendable (Value) -> Bool, continuation: CheckedContinuation<Value, Never>)] = []
    }

    private let state: Lock<State>

    init(_ value: Value) { state = Lock(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    func change(_ body: @Sendable (inout Value) -> Void) {
        let (value, ready) = state.withLock { state in
            body(&state.value)
            let value = state.value
            let ready = state.waiters.filter { $0.isWanted(value) }.map(\.continuation)
            state.waiters.removeAll { $0.isWanted(value) }
            return (value, ready)
        }
        for continuation in ready { continuation.resume(returning: value) }
    }

    @discardableResult
    func wait(for isWanted: @escaping @Sendable (Value) -> Bool) async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state -> Value? in
                if isWanted(state.value) { return state.value }
                state.waiters.append((isWanted, continuation))
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}

/// A pipe, whose reading end is ready once something was written.
struct Pipe {
    let reading: Int32
    let writing: Int32

    init() {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no pipe to be had")
        reading = ends[0]
        writing = ends[1]
    }

    func fill() {
        var byte: UInt8 = 1
        precondition(write(writing, &byte, 1) == 1)
    }

    func drain() {
        var byte: UInt8 = 0
        precondition(read(reading, &byte, 1) == 1)
    }

    func close() {
        closeWriting()
        closeReading()
    }

    func closeReading() { Glibc.close(reading) }

    func closeWriting() { Glibc.close(writing) }
}
