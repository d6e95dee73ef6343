internal import MeshCore
internal import MeshIO

/// Tasks on a loop that answer peers, until it is stopped.
///
/// Confined to the loop, but for the end of a task.
final class TaskPool {
    private let maximumTasks: Int
    private var running: [Int: Running] = [:]
    private var lastNumber = 0
    private var isOpen = true
    private var lastOneOut: CheckedContinuation<Void, Never>?

    private struct Running {
        let task: Task<Void, Never>
        let abandoned: @Sendable () -> Void
    }

    init(maximumTasks: Int) { self.maximumTasks = maximumTasks }

    /// Whether there is room for one who has `taken` places already: nobody has more than are left for all others.
    func hasRoom(forOneWith taken: Int) -> Bool { isOpen && taken < maximumTasks - running.count }

    /// Runs `body` in a task, and hands its result to `finished` on the loop; when the pool is stopped first,
    /// `abandoned` is called in its place.
    func run<Output: Sendable>(
        on loop: EventLoop,
        _ body: @escaping @Sendable () async -> Output,
        finished: @escaping @Sendable (Output) -> Void,
        abandoned: @escaping @Sendable () -> Void
    ) -> Task<Void, Never> {
        lastNumber += 1
        let number = lastNumber
        let pool = LoopConfined(self, on: loop)
        // Detached: what a peer asks for belongs to no task of ours, and so to no trace that one of them has.
        let task = Task.detached(executorPreference: loop) {
            let output = await body()
            if pool.value.exit(number) { finished(output) }
        }
        running[number] = Running(task: task, abandoned: abandoned)
        return task
    }

    private func exit(_ number: Int) -> Bool {
        running[number] = nil
        if running.isEmpty { lastOneOut.take()?.resume() }
        return isOpen
    }

    /// Takes nothing more and cancels what runs; `continuation` goes on when it has ended.
    func stop(_ continuation: CheckedContinuation<Void, Never>) {
        isOpen = false
        for (_, one) in running.sorted(by: { $0.key < $1.key }) {
            one.task.cancel()
            one.abandoned()
        }
        if running.isEmpty { continuation.resume() } else { lastOneOut = continuation }
    }
}
