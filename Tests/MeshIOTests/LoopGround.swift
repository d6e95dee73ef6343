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
