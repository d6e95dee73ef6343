internal import MeshCore
internal import MeshIO

/// Tasks on a loop that answer peers, until it is stopped.
///
/// Confined to the loop, but for the end of a task.
final class TaskPool {
    private let maximumTasks: Int
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastNumber = 0
    private var isOpen = true
    private var lastOneOut: CheckedContinuation<Void, Never>?

    init(maximumTasks: Int) { self.maximumTasks = maximumTasks }

    var hasRoom: Bool { isOpen && tasks.count < maximumTasks }

    /// Runs `body` in a task, and hands its result to `finished` on the loop unless the pool has been stopped.
    func run<Output: Sendable>(
        on loop: EventLoop,
        _ body: @escaping @Sendable () async -> Output,
        finished: @escaping @Sendable (Output) -> Void
    ) -> Task<Void, Never> {
        lastNumber += 1
        let number = lastNumber
        let pool = LoopConfined(self, on: loop)
        let task = Task(executorPreference: loop) {
            let output = await body()
            if pool.value.exit(number) { finished(output) }
        }
        tasks[number] = task
        return task
    }

    private func exit(_ number: Int) -> Bool {
        tasks[number] = nil
        if tasks.isEmpty { lastOneOut.take()?.resume() }
        return isOpen
    }

    /// Takes nothing more and cancels what runs; `continuation` goes on when it has ended.
    func stop(_ continuation: CheckedContinuation<Void, Never>) {
        isOpen = false
        for task in tasks.values { task.cancel() }
        if tasks.isEmpty { continuation.resume() } else { lastOneOut = continuation }
    }
}
