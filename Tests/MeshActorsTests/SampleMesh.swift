import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire

/// What the tests of nodes build on: one world, one store, one network.
struct SampleMesh {
    let world: SeededWorld
    let store = VolatileJournal()
    let network = InProcessNetwork()
    let sink = VolatileLogSink()
    let bank = SampleBank()

    /// A member that may host everything.
    static func member(_ name: String, incarnation: UInt64 = 1, role: NodeRole = .hub) throws -> Member {
        Member(Owner(node: try NodeID(name), incarnation: incarnation), role: role)
    }

    static func membership(_ epoch: UInt64, _ names: String...) throws -> Membership {
        Membership(epoch: epoch, members: try names.map { try member($0) })
    }

    /// A node called `name`; alone in the mesh unless `membership` says otherwise.
    func node(
        _ name: String,
        incarnation: UInt64 = 1,
        membership: Membership? = nil,
        journal: (any Journal)? = nil,
        transport: (any Transport)? = nil,
        kinds: [HostedKind]? = nil,
        configure: (inout ActorNodeConfiguration) -> Void = { _ in }
    ) throws -> ActorNode {
        let me = try Self.member(name, incarnation: incarnation)
        var configuration = ActorNodeConfiguration()
        configure(&configuration)
        return ActorNode(
            owner: me.owner,
            kinds: kinds ?? [
                .journaled(SampleAccount.self, performer: bank), .plain(SampleEcho.self) { _ in SampleEcho() },
            ],
            membership: membership ?? Membership(epoch: 1, members: [me]),
            journal: journal ?? store,
            transport: transport ?? network.transport(of: me.owner.node, clock: world.clock),
            clock: world.clock,
            generator: SeededGenerator(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }) &+ incarnation),
            logger: Logger(sink: sink, clock: world.clock, minimumLevel: .debug),
            configuration: configuration
        )
    }

    /// Runs `nodes` while `body` runs; then they die as in a crash.
    func running<Value: Sendable>(
        _ nodes: ActorNode...,
        body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            for node in nodes {
                group.addTask {
                    await node.run()
                    return nil
                }
            }
            let value = try await body()
            group.cancelAll()
            return value
        }
    }
}

/// Carries transfers out, remembering keys as a bank would; fails when it is told to.
final class SampleBank: EffectPerformer {
    struct State {
        var done: [String: Int64] = [:]
        var attempts = 0
        var failures = 0
        var delay = Duration.zero
        var clock: VirtualClock?
    }

    struct Unreachable: Error {}

    let state = Lock(State())

    func perform(
        _ effect: SampleAccount.OpenTransfer,
        _ context: EffectContext
    ) async throws -> SampleAccount.TransferDone {
        let (fails, clock, delay) = state.withLock { state -> (Bool, VirtualClock?, Duration) in
            state.attempts += 1
            state.failures -= 1
            return (state.failures >= 0, state.clock, state.delay)
        }
        if fails { throw Unreachable() }
        state.withLock { $0.done[context.idempotencyKey] = effect.amount }
        if let clock { try await clock.sleep(for: delay) }
        return SampleAccount.TransferDone(position: context.position)
    }
}

/// A plain actor: counts, and waits if asked to.
actor SampleEcho: PlainActor {
    static let kind = ActorKind("sample-echo")
    static var commands: CommandTable<SampleEcho> { CommandTable().accepting(Count.self) }

    private var count: UInt64 = 0

    func next() -> UInt64 {
        count += 1
        return count
    }

    struct Count: PlainCommand {
        typealias Target = SampleEcho
        typealias Reply = UInt64
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 1

        init() {}

        func perform(on target: isolated SampleEcho) async throws(NoRefusal) -> UInt64 { target.next() }
        func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }
        init(from reader: inout WireReader) throws(WireError) { try reader.endRecord(reader.beginRecord(fields: 0)) }
    }
}

typealias Withdrawal = CallFailure<SampleAccount.Refusal>

/// Runs `body` once for each of `seeds`, and hands on what it throws.
func forSeeds(
    _ seeds: ClosedRange<UInt64>,
    _ body: @escaping @Sendable (SampleMesh) async throws -> Void
) throws {
    for seed in seeds {
        let outcome = try SeededRun.run(seed: seed, maximumSteps: 2_000_000) { world in
            try await body(SampleMesh(world: world))
        }
        do { try outcome.result.get() } catch { throw SeedFailure(seed: seed, error: error) }
    }
}

struct SeedFailure: Error {
    let seed: UInt64
    let error: any Error
}

/// Fails the run with `what`, which the seed then replays.
func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Complaint(what: what()) }
}

struct Complaint: Error { let what: String }

/// An answer, and when it may leave.
struct Decision<Reply, Refusal: Error> {
    let answer: Result<Reply, Refusal>
    let release: Release
}

extension CommitPipeline {
    /// Decides `command` and gives a refusal back as an answer.
    mutating func decide<C: Command>(
        _ command: C,
        id: CommandID?,
        at wallTime: WallTime,
        using generator: inout SeededGenerator
    ) throws(CallFailure<C.Refusal>) -> Decision<C.Reply, C.Refusal> where C.Target == Value {
        var id = id
        var release = Release.atOnce
        do throws(CallFailure<C.Refusal>) {
            let clock = VirtualClock(wallTime: wallTime)
            let reply = try decide(command, id: &id, by: clock, using: &generator, &release)
            return Decision(answer: .success(reply), release: release)
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return Decision(answer: .failure(refusal), release: release)
        }
    }
}
