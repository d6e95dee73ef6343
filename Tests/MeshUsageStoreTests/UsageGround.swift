import Glibc
import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshUsageStore

/// A folder of its own for one test, gone with the last reference, and an account whose postings fill a database there.
final class UsageGround: Sendable {
    let folder: String
    var path: String { "\(folder)/usage.sqlite" }

    init() throws {
        var template = Array("/tmp/meshusage-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw UsageStoreError(.unusable, "no temporary folder") }
        folder = template.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    deinit {
        for name in ["", "-wal", "-shm", ".damaged"] { unlink("\(path)\(name)") }
        rmdir(folder)
    }

    /// The postings of an account with credit that has made so many calls, a refund and a flush among them.
    static func postings(_ calls: UInt64) throws -> [Posting] {
        var ledger = Ledger(key: "acme")
        let terms = try LedgerPolicy.shipped.get().terms(at: now)
        var postings: [Posting] = []
        var head: UInt64 = 0
        func perform<C: Command>(_ command: C) throws where C.Target == Ledger {
            var turn = Turn<Ledger>(clock: VirtualClock(wallTime: now))
            _ = try command.decide(ledger, &turn)
            head += 1
            for (index, event) in turn.events.enumerated() {
                ledger.apply(event, at: EventPosition(head: Head(rawValue: head), index: index))
                if let posting = event.posting { postings.append(posting) }
            }
        }
        try perform(Ledger.SetTier(.managed, terms: terms))
        try perform(Ledger.AddCredit(id(1_000_000), .paid, Money(nanodollars: 2_000_000_000)))
        for number in 0..<calls {
            let call = LedgerCall(
                id: id(number),
                model: number % 2 == 0 ? "sonnet" : "opus",
                kind: .cloud,
                price: price,
                worst: ChatUsage(inputTokens: 1_000, outputTokens: 500),
                place: CallPlace(project: "apollo", session: "trip", edge: "laptop-7")
            )
            try perform(Ledger.Reserve(call, terms: terms))
            try perform(Ledger.Settle(call.id, usage: call.worst, end: .complete))
        }
        return postings
    }

    static func id(_ number: UInt64) -> UniqueID { UniqueID(high: 7, low: number) }

    /// 2026-11-22T12:00:00Z.
    static let now = WallTime(millisecondsSince1970: 1_795_348_800_000)

    /// $300 and $1,500 for a million tokens.
    static let price = ModelPrice(
        version: "dear@1",
        base: ModelPrice.Rates(
            input: 300_000_000_000,
            output: 1_500_000_000_000,
            cacheRead: 0,
            cacheWrite: 0,
            longCacheWrite: 0
        )
    )

    /// `postings` of `account` as one addition behind `cursor`.
    static func addition(_ postings: [Posting], behind cursor: UsageCursor) -> UsageAddition {
        let to = UsageCursor(
            account: cursor.account,
            head: cursor.head + UInt64(postings.count),
            command: "command-\(cursor.head + UInt64(postings.count))",
            number: postings.last?.number ?? cursor.number
        )
        return UsageAddition(from: cursor, to: to, rows: postings.map { UsageRow($0, of: cursor.account) })
    }
}
