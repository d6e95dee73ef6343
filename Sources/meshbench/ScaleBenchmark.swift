internal import Glibc
internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshStore
internal import MeshTestKit
internal import MeshWire

/// A million actors known, some thousands of them resident: how long one takes to come to life, and what all weigh.
struct ScaleBenchmark {
    let folder: String
    let actors: Int
    let calls: Int
    let memoryBudget: Int

    struct Figures {
        /// From opening the store to the first answer.
        let firstCall: Duration
        /// Calls that found nobody living there, in ascending order.
        let activations: [Duration]
        /// Memory of the process before the first call, and when it was largest during the calls.
        let memoryBefore: Memory
        let memoryAtMost: Memory
        let residentsAtMost: Int
    }

    struct Memory {
        let resident: Int
        let ofFiles: Int
    }

    /// Gives each actor one deposit, through a node that keeps few of them.
    func fill() async throws {
        try await withNode { node in
            let width = 512
            await withTaskGroup(of: Void.self) { group in
                for first in 0..<width {
                    group.addTask {
                        for number in stride(from: first, to: actors, by: width) {
                            try? await deposit(node, number)
                        }
                    }
                }
            }
        }
    }

    /// Calls actors at random, one after the other.
    func measure() async throws -> Figures {
        let clock = ContinuousClock()
        let start = clock.now
        return try await withNode { node in
            let memoryBefore = Self.memory()
            try await deposit(node, 0)
            let firstCall = clock.now - start
            var generator = SeededGenerator(seed: 7)
            var activations: [Duration] = []
            var memoryAtMost = memoryBefore
            var residentsAtMost = 0
            for call in 0..<calls {
                let counted = node.counts.activations
                let began = clock.now
                try await deposit(node, generator.integer(below: actors))
                if node.counts.activations > counted { activations.append(clock.now - began) }
                guard call % 250 == 0 else { continue }
                let memory = Self.memory()
                if memory.resident > memoryAtMost.resident { memoryAtMost = memory }
                residentsAtMost = max(residentsAtMost, node.residentCount)
            }
            return Figures(
                firstCall: firstCall,
                activations: activations.sorted(),
                memoryBefore: memoryBefore,
                memoryAtMost: memoryAtMost,
                residentsAtMost: residentsAtMost
            )
        }
    }

    private func deposit(_ node: ActorNode, _ number: Int) async throws {
        let account = try node.actor(SampleAccount.self, "account-\(number)")
        while true {
            do {
                _ = try await account.call(SampleAccount.Deposit(amount: 1))
                return
            } catch CallFailure<NoRefusal>.overloaded(let pause) {
                try await Task.sleep(for: pause)
            }
        }
    }

    private func withNode<Result: Sendable>(
        _ body: @escaping @Sendable (ActorNode) async throws -> Result
    ) async throws -> Result {
        let loop = try EventLoop.start(name: "bench-clock")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let store = try await StoreFolder(path: folder).open().store
        let owner = Owner(node: try NodeID("scale"), incarnation: UInt64(getpid()))
        var configuration = ActorNodeConfiguration()
        configuration.memoryBudget = memoryBudget
        let node = ActorNode(
            owner: owner,
            kinds: [.journaled(SampleAccount.self, performer: NoTransfers())],
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: 1),
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error),
            configuration: configuration
        )
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            let result = try await body(node)
            await node.drain()
            group.cancelAll()
            return result
        }
        try await store.close()
        return result
    }

    /// What the kernel counts as this process's memory, in bytes: its own, and pages of files that it has mapped, which
    /// are the program, its libraries and what of the index was read lately.
    private static func memory() -> Memory {
        let lines = RepositoryFile.text("/proc/self/status")?.split(separator: "\n") ?? []
        func bytes(_ name: String) -> Int {
            let line = lines.first { $0.hasPrefix(name) }
            let kibibytes = line?.split(separator: " ", omittingEmptySubsequences: true).dropFirst().first
            return (kibibytes.flatMap { Int($0) } ?? 0) * 1_024
        }
        return Memory(resident: bytes("VmRSS:"), ofFiles: bytes("RssFile:"))
    }
}
