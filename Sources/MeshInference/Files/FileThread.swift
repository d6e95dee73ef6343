internal import Glibc
internal import MeshCore

/// A thread for one piece of work with files, which may wait for a disk.
enum FileThread {
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(EngineError) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, EngineError> = await withCheckedContinuation { continuation in
            let box = Unmanaged.passRetained(
                FileWork {
                    do throws(EngineError) {
                        continuation.resume(returning: .success(try body()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            )
            var thread = pthread_t()
            guard pthread_create(&thread, nil, runFileWork, box.toOpaque()) == 0 else {
                box.release()
                return continuation.resume(
                    returning: .failure(EngineError(.noMemory, "the machine has no thread left"))
                )
            }
            pthread_detach(thread)
        }
        return try result.get()
    }
}

private final class FileWork {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
}

private func runFileWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let work = Unmanaged<FileWork>.fromOpaque(context).takeRetainedValue()
    work.body()
    return nil
}
