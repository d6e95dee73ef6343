internal import MeshActors
internal import MeshCore
internal import MeshIO

/// Handles what peers ask, each request in a task of its own on the loop, until it is stopped.
///
/// Confined to the loop, but for the end of a task.
final class RequestService {
    private let handler: RequestHandler
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastNumber = 0
    private var isOpen = true
    private var lastOneOut: CheckedContinuation<Void, Never>?

    init(_ handler: @escaping RequestHandler) { self.handler = handler }

    var hasRoom: Bool { isOpen && tasks.count < Limits.Call.maximumRequestsWaiting }

    /// Handles `request`, and says the response to `answer` on the loop unless the service has been stopped.
    func run(
        _ request: IncomingRequest,
        on loop: EventLoop,
        answer: @escaping @Sendable ([UInt8]) -> Void
    ) -> Task<Void, Never> {
        lastNumber += 1
        let number = lastNumber
        let service = LoopConfined(self, on: loop)
        let handler = handler
        let task = Task(executorPreference: loop) {
            let response = await handler(request)
            if service.value.exit(number) { answer(response) }
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
