package import MeshActors
package import MeshCore
package import MeshLedger

/// The accounts of a hub, on its actors: the one way to them, for whoever reserves, settles, asks or operates.
///
/// Whose account it is follows from the tenant, see ``LedgerAdmission/account(of:)``. What it answered is durable.
package final class LedgerOffice: Sendable {
    private let policy: LedgerPolicy
    private let newAccounts: LedgerTier
    private let clock: any Clock
    /// What became of telling whoever bills.
    package let meters: MeterBook
    private let node = Lock(WeakNode())
    private let watcher = Lock(Watcher())

    /// Weak, because the node holds the office by its kinds.
    private struct WeakNode: Sendable {
        weak var node: ActorNode?
    }

    /// In a struct: a function that lies in a generic box by itself is wrapped once more each time the box is opened.
    private struct Watcher: Sendable {
        var tell: (@Sendable (String) -> Void)?
    }

    /// Accounts that go by `policy`; one that asks for the first time is in the tier `newAccounts`.
    ///
    /// What waits for people is told to `logger`.
    package init(
        policy: LedgerPolicy,
        newAccounts: LedgerTier = LedgerPolicy.tierOfNewAccounts,
        clock: any Clock,
        logger: Logger? = nil
    ) {
        self.policy = policy
        self.newAccounts = newAccounts
        self.clock = clock
        meters = MeterBook(logger: logger)
    }

    /// The kinds of actors that a node hosts for it; `sink` is told of usage.
    package func kinds(telling sink: any MeterSink) -> [HostedKind] {
        [.journaled(Ledger.self, performer: MeterTeller(sink, noting: meters), placed: .hubs)]
    }

    /// Keeps account on `node`, which hosts ``kinds(telling:)``, from now on.
    package func open(on node: ActorNode) { self.node.withLock { $0.node = node } }

    /// Names each account that has answered to `watcher`, who must be quick.
    package func tell(_ watcher: @escaping @Sendable (String) -> Void) { self.watcher.withLock { $0.tell = watcher } }

    /// What holds now, for all tiers.
    package var terms: LedgerTerms {
        var terms = policy.terms(at: clock.wallTime)
        terms.newAccounts = newAccounts
        return terms
    }

    /// The names of accounts behind `name` in which something stands, in their order; at most `most`.
    package func accounts(after name: String?, atMost most: Int) async throws -> [String] {
        let node = try opened()
        var (names, last) = ([String](), name)
        while names.count < most {
            let page = try await node.actors(of: Ledger.self, after: last)
            guard let end = page.last else { break }
            last = end.address.key
            names += page.filter { $0.head > .none }.map(\.address.key)
        }
        return Array(names.prefix(most))
    }

    /// Has the account called so decide `command`; the same `id` again is one effect with one answer.
    package func ask<C: Command>(
        _ command: C,
        of account: String,
        id: CommandID? = nil
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Target == Ledger {
        let ledger: ActorReference<JournaledActor<Ledger>>
        do throws(ActorError) { ledger = try opened().actor(Ledger.self, account) } catch { throw .failed(error) }
        let reply = try await ledger.call(command, id: id)
        watcher.withLock { $0.tell }?(account)
        return reply
    }

    private func opened() throws(ActorError) -> ActorNode {
        guard let node = node.withLock({ $0.node }) else {
            throw ActorError(.unavailable, "the accounts are not open yet")
        }
        return node
    }
}
