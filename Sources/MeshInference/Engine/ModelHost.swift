internal import MeshChat
internal import MeshCore

/// A model's thread, seen from outside.
final class ModelHost: Sendable {
    let contextTokens: Int
    private let thread: EngineThread<ModelWorker>
    private let running: RunningBatch
    private let configuration: EmbeddedModel
    private let head: GGUFHead
    private let lastNumber = Lock(UInt64(0))

    /// Opens a model on a thread of its own.
    static func start(
        _ configuration: EmbeddedModel,
        library: LlamaLibrary,
        clock: any Clock
    ) async throws(EngineError) -> ModelHost {
        let thread = EngineThread<ModelWorker>()
        let running = RunningBatch(library)
        let opened: Result<(GGUFHead, Int), EngineError> = await withCheckedContinuation { continuation in
            let isStarted = thread.start {
                let worker: ModelWorker
                do throws(EngineError) {
                    let head = try ModelFile.head(at: configuration.path)
                    try ModelFile.check(head)
                    worker = try ModelWorker(
                        configuration,
                        head: head,
                        library: library,
                        running: running,
                        clock: clock
                    )
                } catch {
                    return continuation.resume(returning: .failure(error))
                }
                continuation.resume(returning: .success((worker.head, worker.contextTokens)))
                worker.run(thread)
            }
            if !isStarted {
                continuation.resume(
                    returning: .failure(EngineError(.noMemory, "the machine has no thread for a model"))
                )
            }
        }
        let (head, contextTokens) = try opened.get()
        return ModelHost(contextTokens, thread: thread, running: running, configuration: configuration, head: head)
    }

    private init(
        _ contextTokens: Int,
        thread: EngineThread<ModelWorker>,
        running: RunningBatch,
        configuration: EmbeddedModel,
        head: GGUFHead
    ) {
        self.contextTokens = contextTokens
        self.thread = thread
        self.running = running
        self.configuration = configuration
        self.head = head
    }

    deinit { thread.close() }

    func close() { thread.close() }

    /// Waits, after ``close()``, until the thread's work is over and the model is gone; false where `patience` was not
    /// enough.
    ///
    /// On a thread of its own: a task that was cancelled, as those are that end a node, could not wait otherwise.
    func waitForEnd(_ patience: Duration) async -> Bool {
        let thread = thread
        do throws(EngineError) {
            return try await FileThread.run { () throws(EngineError) in thread.waitForEnd(patience) }
        } catch {
            return false
        }
    }

    /// What `body` says on the thread.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (ModelWorker) throws(EngineError) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, EngineError> = await withCheckedContinuation { continuation in
            let isTaken = thread.call { worker in
                do throws(EngineError) {
                    continuation.resume(returning: .success(try body(worker)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isTaken {
                continuation.resume(
                    returning: .failure(EngineError(.overloaded, "the engine is closed or has too much to do"))
                )
            }
        }
        return try result.get()
    }

    func answer(_ request: GenerationRequest, onlyReads: Bool) async throws(EngineError) -> any ChatAnswer {
        let (thread, running, id) = (thread, running, request.id)
        let channel = AnswerChannel(
            leave: {
                running.leave(id)
                thread.wake()
            },
            goOn: { thread.wake() }
        )
        let answer = EmbeddedAnswer(channel)
        try await run { (worker) throws(EngineError) in try worker.begin(request, channel, onlyReads: onlyReads) }
        return answer
    }

    // MARK: - Adapters

    func load(_ artifact: AdapterArtifact) async throws(EngineError) -> AdapterHandle {
        let key = artifact.key
        if let number = try await run({ (worker) throws(EngineError) in worker.handle(for: key) }) {
            return AdapterHandle(key: key, model: artifact.model, number: number)
        }
        let head = head
        let bytes = try await FileThread.run { () throws(EngineError) in try AdapterFile.bytes(of: artifact, for: head)
        }
        let number = lastNumber.withLock { last -> UInt64 in
            last += 1
            return last
        }
        let known = try await run { (worker) throws(EngineError) in try worker.add(key, bytes: bytes, number: number) }
        return AdapterHandle(key: key, model: artifact.model, number: known)
    }

    func unload(_ handle: AdapterHandle) async throws(EngineError) {
        try await run { (worker) throws(EngineError) in worker.unload(handle) }
    }
}
