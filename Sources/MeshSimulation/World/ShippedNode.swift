package import MeshActors
package import MeshCheck
package import MeshCore
internal import MeshTestKit

/// One life of a node on the runtime that ships.
package struct ShippedNode: NodeUnderTest {
    private let node: ActorNode
    private let ports: NodePorts

    /// The node of the life that `ports` describes.
    package init(_ ports: NodePorts) {
        var configuration = ActorNodeConfiguration()
        configuration.idleTime = ports.idleTime
        configuration.sweepInterval = min(ports.idleTime, .seconds(1))
        self.ports = ports
        node = ActorNode(
            owner: Owner(node: ports.id, incarnation: ports.incarnation),
            kinds: [
                .journaled(
                    SampleAccount.self,
                    performer: PaymentPerformer(outside: ports.outside, gate: ports.gate),
                    placed: .hubs
                )
            ],
            membership: ports.office.membership,
            journal: ports.journal ?? VolatileJournal(),
            transport: ports.transport,
            clock: ports.clock,
            generator: ports.generator,
            logger: Logger(sink: TraceLogSink(trace: ports.trace), clock: ports.clock, minimumLevel: .info),
            configuration: configuration
        )
    }

    /// Runs the node, and tells it who belongs to the mesh.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            group.addTask {
                while (try? await ports.clock.sleep(for: Self.membershipInterval)) != nil {
                    node.adopt(ports.office.membership)
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Hands everything over.
    package func drain() async { await node.drain() }

    /// Calls an account, wherever it lives.
    package func call(
        _ key: String,
        _ ask: HistoryEvent.Ask,
        as command: CommandID,
        deadline: Instant
    ) async -> CallOutcome {
        let account: ActorReference<JournaledActor<SampleAccount>>
        do throws(ActorError) { account = try node.actor(SampleAccount.self, key) } catch {
            return .open(error.code.rawValue)
        }
        let asking = Asking(account: account, id: command, deadline: deadline)
        return switch ask {
        case .deposit(let amount): await asking.outcome(of: SampleAccount.Deposit(amount: amount))
        case .withdraw(let amount): await asking.outcome(of: SampleAccount.Withdraw(amount: amount), refusing: amount)
        case .send(let amount):
            await asking.outcome(of: SampleAccount.Transfer(amount: amount, to: "the world"), refusing: amount)
        case .alarm(let time): await asking.outcome(of: SampleAccount.Remind(amount: time))
        case .balance: await asking.balance()
        }
    }

    private static var membershipInterval: Duration { .milliseconds(700) }
}

/// One call to one account.
private struct Asking {
    let account: ActorReference<JournaledActor<SampleAccount>>
    let id: CommandID
    let deadline: Instant

    func outcome<C: Command<SampleAccount>>(of command: C, refusing amount: Int64 = 0) async -> CallOutcome
    where C.Reply == Int64 {
        do throws(CallFailure<C.Refusal>) {
            return .answered(.done(try await account.call(command, id: id, deadline: deadline)))
        } catch {
            return switch error {
            case .refused: .answered(.refused(amount))
            case .overloaded: .open("overloaded")
            case .failed(let error): .open(error.code.rawValue)
            }
        }
    }

    func balance() async -> CallOutcome {
        let outcome = await outcome(of: SampleAccount.Balance())
        guard case .answered(.done(let balance)) = outcome else { return outcome }
        return .answered(.balance(balance))
    }
}

/// Shows in the trace what the runtime would tell its operators.
struct TraceLogSink: LogSink {
    let trace: Trace

    func write(_ record: LogRecord) { trace.note("log: \(record.event.name)") }
}
