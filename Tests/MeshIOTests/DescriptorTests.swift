import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `Descriptors on a loop` {
    @Test func `are told ready as long as they are`() async throws {
        try await withLoop { loop in
            let pipe = Pipe()
            defer { pipe.close() }
            let events = Watched(0)
            let handler = try await loop.run {
                let handler = PipeHandler(loop, pipe) { _ in events.change { $0 += 1 } }
                try handler.register()
                return handler
            }
            pipe.fill()
            await events.wait { $0 >= 3 }
            try await loop.run { handler.deregister() }
        }
    }

    @Test func `are told changes alone where they asked for them, first what is so already`() async throws {
        try await withLoop { loop in
            let pipe = Pipe()
            defer { pipe.close() }
            let events = Watched(0)
            pipe.fill()
            let handler = try await loop.run {
                let handler = PipeHandler(loop, pipe) { _ in events.change { $0 += 1 } }
                try handler.register(for: [.readable, .changesOnly])
                return handler
            }
            await events.wait { $0 == 1 }
            // Turns pass, and the byte stays unread.
            for _ in 0..<10 { try await loop.run {} }
            #expect(events.value == 1)
            pipe.fill()
            await events.wait { $0 == 2 }
            #expect(try await loop.run { handler.lastReadiness } == .readable)
            try await loop.run { handler.deregister() }
        }
    }

    @Test func `hear nothing of an event fetched before they left, nor does the next in their slot`() async throws {
        try await withLoop { loop in
            let pipes = [Pipe(), Pipe(), Pipe()]
            defer { for pipe in pipes { pipe.close() } }
            let heard = Watched<[Int]>([])
            let club = try await loop.run {
                let club = Club(loop, Array(pipes.prefix(2)), newcomer: pipes[2], heard: heard)
                try club.open()
                // Both become ready while the loop is busy here, so that one wait fetches both.
                pipes[0].fill()
                pipes[1].fill()
                return club
            }
            await heard.wait { !$0.isEmpty }
            // A turn later: the newcomer sits in the slot of the one that left, and was not told.
            try await loop.run {}
            try await loop.run {}
            #expect(heard.value.count == 1)
            pipes[2].fill()
            #expect(await heard.wait { $0.count == 2 }.last == 2)
            try await loop.run { club.close() }
        }
    }

    @Test func `are all served, however many are ready at once`() async throws {
        try await withLoop { loop in
            let pipes = (0..<Limits.IO.maximumEventsPerTurn + 44).map { _ in Pipe() }
            defer { for pipe in pipes { pipe.close() } }
            let served = Watched(0)
            let handlers = try await loop.run {
                try pipes.map { pipe in
                    let handler = PipeHandler(loop, pipe) { handler in
                        handler.deregister()
                        served.change { $0 += 1 }
                    }
                    try handler.register()
                    pipe.fill()
                    return handler
                }
            }
            #expect(await served.wait { $0 == pipes.count } == handlers.count)
        }
    }

    @Test func `tell when the other side has gone`() async throws {
        try await withLoop { loop in
            let pipe = Pipe()
            let seen = Watched<Readiness>([])
            let handler = try await loop.run {
                let handler = PipeHandler(loop, pipe) { handler in
                    handler.deregister()
                    seen.change { $0.formUnion(handler.lastReadiness) }
                }
                try handler.register()
                return handler
            }
            pipe.closeWriting()
            await seen.wait { $0.contains(.failed) }
            pipe.closeReading()
            _ = handler
        }
    }

    @Test func `throw where they are no descriptors`() async throws {
        try await withLoop { loop in
            await #expect(throws: IOError(.failed, "")) {
                try await loop.run {
                    _ = try loop.register(-1, for: .readable, handler: PipeHandler(loop, nil) { _ in })
                }
            }
        }
    }
}

/// One end of a pipe on a loop.
///
/// Sendable: confined to its loop.
private final class PipeHandler: LoopHandler, @unchecked Sendable {
    private let loop: EventLoop
    private let pipe: Pipe?
    private let isReady: (PipeHandler) -> Void
    private var registration: LoopRegistration?
    private(set) var lastReadiness: Readiness = []

    init(_ loop: EventLoop, _ pipe: Pipe?, _ isReady: @escaping (PipeHandler) -> Void) {
        self.loop = loop
        self.pipe = pipe
        self.isReady = isReady
    }

    func register(for readiness: Readiness = [.readable, .readClosed]) throws {
        guard let pipe else { return }
        registration = try loop.register(pipe.reading, for: readiness, handler: self)
    }

    func deregister() {
        guard let registration = registration.take() else { return }
        loop.deregister(registration)
    }

    func ready(_ readiness: Readiness) {
        lastReadiness = readiness
        isReady(self)
    }
}

/// Two who throw each other out, whoever is told first, and one who takes the free place.
///
/// Sendable: on its loop.
private final class Club: @unchecked Sendable {
    private let loop: EventLoop
    private let pipes: [Pipe]
    private let newcomer: Pipe
    private let heard: Watched<[Int]>
    private var members: [PipeHandler] = []

    init(_ loop: EventLoop, _ pipes: [Pipe], newcomer: Pipe, heard: Watched<[Int]>) {
        self.loop = loop
        self.pipes = pipes
        self.newcomer = newcomer
        self.heard = heard
    }

    func open() throws {
        members = pipes.enumerated().map { index, pipe in
            PipeHandler(loop, pipe) { [unowned self] _ in told(index) }
        }
        for member in members { try member.register() }
    }

    private func told(_ index: Int) {
        heard.change { $0.append(index) }
        for member in members { member.deregister() }
        let next = PipeHandler(loop, newcomer) { [heard] handler in
            handler.deregister()
            heard.change { $0.append(2) }
        }
        members.append(next)
        do { try next.register() } catch { Issue.record(error) }
    }

    func close() {
        for member in members { member.deregister() }
    }
}
