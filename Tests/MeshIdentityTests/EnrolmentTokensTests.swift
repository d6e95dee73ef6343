import MeshActors
import MeshCore
import MeshIdentity
import MeshWire
import Testing

@Suite struct `Spent enrolment tokens` {
    private var ground = Ground<EnrolmentTokens>()

    private func spend(
        _ token: UInt64,
        key: UInt64 = 1,
        as node: String = "laptop-7",
        until seconds: Int64 = 600
    ) -> EnrolmentTokens.Spend {
        EnrolmentTokens.Spend(
            tokenID: Sample.token(token),
            identity: Sample.identity(node),
            keyID: Sample.key(key),
            until: Sample.now.moved(by: .seconds(seconds))
        )
    }

    @Test mutating func `a token is spent once, and again only by the same key for the same name`() throws {
        try ground.perform(spend(1))
        try ground.perform(spend(1))
        #expect(ground.journal.count == 1)
        #expect(throws: EnrolmentTokens.Refusal.spentByAnother) { try ground.perform(spend(1, key: 2)) }
        #expect(throws: EnrolmentTokens.Refusal.spentByAnother) { try ground.perform(spend(1, as: "laptop-8")) }
        try ground.perform(spend(2, key: 2))
        #expect(ground.value.spent.count == 2)
        try ground.checkReplay()
    }

    @Test mutating func `a token is forgotten at its end and not taken any more`() throws {
        try ground.perform(spend(1, until: 60))
        try ground.perform(spend(2, until: 600))
        #expect(ground.value.nextAlarm?.wallTime == Sample.now.moved(by: .seconds(60)))
        ground.pass(.seconds(60))
        #expect(throws: EnrolmentTokens.Refusal.ended) { try ground.perform(spend(1, until: 60)) }
        #expect(try ground.perform(EnrolmentTokens.Forget()) == 1)
        #expect(ground.value.spent.map(\.tokenID) == [Sample.token(2)])
        #expect(ground.value.nextAlarm?.wallTime == Sample.now.moved(by: .seconds(600)))
        #expect(try ground.perform(EnrolmentTokens.Forget()) == 1)
        #expect(ground.journal.count == 3)
        try ground.checkReplay()
    }

    @Test mutating func `a clock that is put back does not bring a forgotten token back`() throws {
        try ground.perform(spend(1, until: 60))
        ground.pass(.seconds(61))
        try ground.perform(EnrolmentTokens.Forget())
        ground.pass(.seconds(-61))
        #expect(throws: EnrolmentTokens.Refusal.ended) { try ground.perform(spend(1, key: 2, until: 60)) }
        try ground.checkReplay()
    }

    @Test mutating func `no more are in mind than may be, until some have ended`() throws {
        for token in 0..<UInt64(Limits.Enrolment.maximumSpentTokens) { try ground.perform(spend(token, until: 60)) }
        #expect(throws: EnrolmentTokens.Refusal.tooMany) { try ground.perform(spend(999_999)) }
        // Whoever has spent one may still ask again.
        try ground.perform(spend(0, until: 60))
        ground.pass(.seconds(61))
        try ground.perform(spend(999_999))
        #expect(ground.value.spent.count == 1)
        try ground.checkReplay()
    }

    @Test func `refusals survive the wire`() throws {
        for refusal in EnrolmentTokens.Refusal.allCases {
            #expect(try EnrolmentTokens.Refusal(wireBytes: refusal.wireBytes) == refusal)
        }
        #expect(throws: WireError.self) { _ = try EnrolmentTokens.Refusal(wireBytes: [0x18, 0x63]) }
    }
}
