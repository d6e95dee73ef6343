import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `The policy of tiers` {
    @Test func `the one that ships has one multiplier for each tier and kind of use`() throws {
        let terms = try LedgerPolicy.shipped.get().terms(at: Sample.now)
        let local = LedgerTier.allCases.map { terms[$0].rate(of: .local).thousandths }
        let cloud = LedgerTier.allCases.map { terms[$0].rate(of: .cloud).thousandths }
        let knowledge = LedgerTier.allCases.map { terms[$0].rate(of: .knowledge).thousandths }
        #expect(local == [1_000, 1_000, 1_000])
        #expect(cloud == [1_030, 1_030, 1_300])
        #expect(knowledge == [1_300, 1_300, 1_300])
        #expect(terms.free.ceiling == .zero && terms.free.grant == .zero)
        #expect(terms.flushThreshold == Sample.money(5_000))
        #expect(terms.version == "2026-11-22@2026-01-01")
    }

    private func text(_ rows: String, version: String = "2026-11-22") -> String {
        "{version: \"\(version)\", rows: [\(rows)]}"
    }

    private func row(_ from: String, cloud: String = "1030", charges: String = "whole", flush: String = "5000")
        -> String
    {
        let tier = """
            {local: 1000, cloud: \(cloud), knowledge: 1300, cloudCharges: "\(charges)", ceiling: 7, grant: 0}
            """
        return "{from: \"\(from)\", flushAt: \(flush), free: \(tier), managed: \(tier), byok: \(tier)},"
    }

    @Test func `a row holds from its day on, until the next one does`() throws {
        let policy = try LedgerPolicy(text: text(row("2026-01-01") + row("2026-07-01", cloud: "1050")))
        func cloud(_ day: String, _ milliseconds: Int64 = 0) throws -> Int64 {
            let start = try #require(CalendarDay.start(day)).millisecondsSince1970
            let time = WallTime(millisecondsSince1970: start + milliseconds)
            return policy.terms(at: time).managed.cloud.thousandths
        }
        #expect(try cloud("2025-01-01") == 1_030)
        #expect(try cloud("2026-07-01", -1) == 1_030)
        #expect(try cloud("2026-07-01") == 1_050)
        #expect(policy.terms(at: Sample.now).version == "2026-11-22@2026-07-01")
    }

    @Test(arguments: [
        ("1.03", "whole", "5000"), ("999", "whole", "5000"), ("\"1030\"", "whole", "5000"), ("1030", "half", "5000"),
        ("1030", "whole", "999"), ("1030", "whole", "-1"), ("\(Limits.Ledger.highestMultiplier + 1)", "whole", "5000"),
        ("1030, sugar: 1", "whole", "5000"),
    ])
    func `what is no whole number, below one or beyond reason is refused`(
        _ cloud: String,
        _ charges: String,
        _ flush: String
    ) {
        let row = row("2026-01-01", cloud: cloud, charges: charges, flush: flush)
        #expect(throws: LedgerError.self) { try LedgerPolicy(text: text(row)) }
    }

    @Test func `rows out of order, none, too many, and a version that is no day are refused`() {
        let files = [
            text(row("2026-07-01") + row("2026-01-01")), text(row("2026-01-01") + row("2026-01-01")), text(""),
            text(row("2026-01-01"), version: "today"), text(row("2026-02-30")), "{", "[]",
            text((0...Limits.Ledger.maximumPolicyRows).map { row("\(2_000 + $0)-01-01") }.joined()),
        ]
        for file in files {
            #expect(throws: LedgerError.self) { try LedgerPolicy(text: file) }
        }
    }

    @Test func `a tier is known by its name`() {
        #expect(LedgerTier.allCases.map(\.name).map(LedgerTier.init(name:)) == LedgerTier.allCases)
        #expect(LedgerTier(name: "gold") == nil)
    }
}
