import MeshActors
import MeshCore
import MeshIdentity
import MeshWire
import Testing

@Suite struct `The list of revocations` {
    private var ground = Ground<RevocationList>()
    private let laptop = Sample.identity()

    private func verdict(_ identity: NodeIdentity, _ key: UInt64) -> AdmissionList.Verdict {
        var list = AdmissionList()
        for revocation in ground.value.revocations { list.apply(revocation) }
        return list.verdict(identity, keyID: Sample.key(key))
    }

    private func isOut(_ key: UInt64) -> Bool { verdict(laptop, key) != .admitted }

    @Test mutating func `puts an identity out with all its keys, and nobody else`() throws {
        #expect(!isOut(1))
        let revocation = try ground.perform(RevocationList.Revoke(identity: laptop, reason: "stolen"))
        #expect(revocation.since == Sample.now && revocation.reason == "stolen" && revocation.keys.isEmpty)
        #expect(isOut(1) && isOut(2))
        #expect(verdict(Sample.identity("laptop-8"), 1) == .admitted)
        #expect(verdict(Sample.identity("laptop-7", of: "other"), 1) == .admitted)
        #expect(try ground.perform(RevocationList.Look(identity: laptop)) == revocation)
        try ground.checkReplay()
    }

    @Test mutating func `lets an identity in again by a token that was made later, and by its key alone`() throws {
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: "lost"))
        let before = RevocationList.Readmit(identity: laptop, keyID: Sample.key(2), tokenIssued: Sample.now)
        #expect(throws: RevocationList.Refusal.tokenOlder) { try ground.perform(before) }
        let later = Sample.now.moved(by: .milliseconds(1))
        let readmit = RevocationList.Readmit(identity: laptop, keyID: Sample.key(2), tokenIssued: later)
        #expect(try ground.perform(readmit)?.keys == [Sample.key(2)])
        try ground.perform(readmit)
        #expect(ground.journal.count == 2)
        #expect(isOut(1) && !isOut(2))
        try ground.checkReplay()
    }

    @Test mutating func `a second revocation ends the keys that were let in, and the tokens made until then`() throws {
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: "lost"))
        let issued = Sample.now.moved(by: .seconds(1))
        let readmit = RevocationList.Readmit(identity: laptop, keyID: Sample.key(2), tokenIssued: issued)
        try ground.perform(readmit)
        ground.pass(.seconds(10))
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: "lost again"))
        #expect(isOut(2))
        #expect(throws: RevocationList.Refusal.tokenOlder) { try ground.perform(readmit) }
        // A clock that is put back does not make old tokens new.
        ground.pass(.seconds(-10))
        #expect(try ground.perform(RevocationList.Revoke(identity: laptop, reason: "")).since > issued)
        try ground.checkReplay()
    }

    @Test mutating func `an order that waited counts from when it was given, and not behind a later one`() throws {
        let given = Sample.now
        ground.pass(.seconds(60))
        let late = RevocationList.Revoke(identity: laptop, reason: "lost", ordered: given)
        #expect(try ground.perform(late).since == given)
        // A token made while the order waited is newer than it.
        let issued = given.moved(by: .seconds(30))
        try ground.perform(RevocationList.Readmit(identity: laptop, keyID: Sample.key(2), tokenIssued: issued))
        #expect(!isOut(2))
        // Carried out a second time it changes nothing.
        try ground.perform(late)
        #expect(!isOut(2) && ground.journal.count == 2)
        try ground.checkReplay()
    }

    @Test mutating func `a renewed key follows one that was let in, and none that was not`() throws {
        let allow = RevocationList.Allow(identity: laptop, currentKeyID: Sample.key(1), newKeyID: Sample.key(2))
        #expect(try ground.perform(allow) == nil)
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        #expect(throws: RevocationList.Refusal.notReadmitted) { try ground.perform(allow) }
        let issued = Sample.now.moved(by: .seconds(1))
        try ground.perform(RevocationList.Readmit(identity: laptop, keyID: Sample.key(1), tokenIssued: issued))
        try ground.perform(allow)
        try ground.perform(allow)
        #expect(ground.journal.count == 3)
        #expect(!isOut(1) && !isOut(2) && isOut(3))
        try ground.checkReplay()
    }

    @Test mutating func `keeps a bounded number of keys for one identity, the newest`() throws {
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        let issued = Sample.now.moved(by: .seconds(1))
        try ground.perform(RevocationList.Readmit(identity: laptop, keyID: Sample.key(0), tokenIssued: issued))
        for key in 1...20 as ClosedRange<UInt64> {
            try ground.perform(
                RevocationList.Allow(identity: laptop, currentKeyID: Sample.key(key - 1), newKeyID: Sample.key(key))
            )
        }
        #expect(ground.value.revocations[0].keys.count == Limits.Enrolment.maximumReadmittedKeys)
        #expect(!isOut(20) && isOut(16))
        try ground.checkReplay()
    }

    @Test mutating func `never drops the key that is in use, however many renewals fail`() throws {
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        let issued = Sample.now.moved(by: .seconds(1))
        try ground.perform(RevocationList.Readmit(identity: laptop, keyID: Sample.key(0), tokenIssued: issued))
        for key in 1...20 as ClosedRange<UInt64> {
            try ground.perform(
                RevocationList.Allow(identity: laptop, currentKeyID: Sample.key(0), newKeyID: Sample.key(key))
            )
        }
        #expect(ground.value.revocations[0].keys == [0, 18, 19, 20].map(Sample.key))
        #expect(!isOut(0) && !isOut(20) && isOut(17))
        try ground.checkReplay()
    }

    @Test mutating func `an answer from before a revocation of the same moment lets nobody in`() throws {
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        let issued = Sample.now.moved(by: .seconds(1))
        let readmit = RevocationList.Readmit(identity: laptop, keyID: Sample.key(2), tokenIssued: issued)
        let answer = try ground.perform(readmit)
        let stale = try #require(answer)
        // The clock has not moved since.
        let again = try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        #expect(again.since > stale.since)
        var list = AdmissionList()
        #expect(list.apply(again) && !list.apply(stale))
        #expect(list.verdict(laptop, keyID: Sample.key(2)) == .revoked(again))
    }

    @Test mutating func `answers about one revocation that overtake each other leave the keys of both`() throws {
        try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        let issued = Sample.now.moved(by: .seconds(1))
        var answers: [Revocation] = []
        for key in 1...2 as ClosedRange<UInt64> {
            let readmit = RevocationList.Readmit(identity: laptop, keyID: Sample.key(key), tokenIssued: issued)
            let answer = try ground.perform(readmit)
            answers.append(try #require(answer))
        }
        var list = AdmissionList()
        #expect(list.apply(answers[1]) && !list.apply(answers[0]))
        for key in 1...2 as ClosedRange<UInt64> {
            #expect(list.verdict(laptop, keyID: Sample.key(key)) == .admitted)
        }
        // As many as it may know; the one that was heard of first is forgotten.
        for key in 3...UInt64(Limits.Enrolment.maximumKnownReadmittedKeys + 2) {
            let follow = RevocationList.Allow(
                identity: laptop,
                currentKeyID: Sample.key(key - 1),
                newKeyID: Sample.key(key)
            )
            let answer = try ground.perform(follow)
            list.apply(try #require(answer))
        }
        #expect(list.verdict(laptop, keyID: Sample.key(1)) != .admitted)
        #expect(list.verdict(laptop, keyID: Sample.key(3)) == .admitted)
    }

    @Test mutating func `is listed page by page, in the order of names`() throws {
        let count = Limits.Enrolment.maximumPage * 2 + 7
        for number in (0..<count).reversed() {
            try ground.perform(RevocationList.Revoke(identity: Sample.identity("node-\(number)"), reason: ""))
        }
        var (seen, after): ([NodeIdentity], NodeIdentity?) = ([], nil)
        var pages = 0
        while true {
            let page = try ground.perform(RevocationList.List(after: after))
            guard let last = page.last else { break }
            #expect(page.count <= Limits.Enrolment.maximumPage)
            seen += page.map(\.identity)
            after = last.identity
            pages += 1
        }
        #expect(pages == 3 && Set(seen).count == count)
        #expect(seen.map(\.text) == seen.map(\.text).sorted())
        try ground.checkReplay()
    }

    @Test func `the largest page is an answer that a journal takes`() {
        let longest = String(repeating: "a", count: Limits.Identifier.maximumBytes)
        var ground = Ground<RevocationList>()
        let reason = String(repeating: "r", count: Limits.Enrolment.maximumReasonBytes + 10)
        let identity = Sample.identity(longest, of: longest)
        _ = try? ground.perform(RevocationList.Revoke(identity: identity, reason: reason))
        for key in 0..<UInt64(Limits.Enrolment.maximumReadmittedKeys) {
            let issued = Sample.now.moved(by: .seconds(1))
            _ = try? ground.perform(
                RevocationList.Readmit(identity: identity, keyID: Sample.key(key), tokenIssued: issued)
            )
        }
        #expect(ground.value.revocations[0].reason.utf8.count == Limits.Enrolment.maximumReasonBytes)
        let one = ground.value.revocations[0].wireBytes.count
        #expect(one * Limits.Enrolment.maximumPage < Limits.Journal.maximumAnswerBytes)
        #expect(one * Limits.Enrolment.maximumRevocations < Limits.Journal.maximumSnapshotBytes)
    }

    @Test mutating func `holds as many as it may, and takes those again that are in it`() throws {
        for number in 0..<Limits.Enrolment.maximumRevocations {
            try ground.perform(RevocationList.Revoke(identity: Sample.identity("n\(number)"), reason: ""))
        }
        #expect(throws: RevocationList.Refusal.full) {
            try ground.perform(RevocationList.Revoke(identity: Sample.identity("one-more"), reason: ""))
        }
        try ground.perform(RevocationList.Revoke(identity: Sample.identity("n5"), reason: "again"))
        for refusal in RevocationList.Refusal.allCases {
            #expect(try RevocationList.Refusal(wireBytes: refusal.wireBytes) == refusal)
        }
    }

    @Test mutating func `news that overtake each other leave the later revocation`() throws {
        let first = try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        let issued = Sample.now.moved(by: .seconds(1))
        let readmitted = try ground.perform(
            RevocationList.Readmit(identity: laptop, keyID: Sample.key(2), tokenIssued: issued)
        )
        ground.pass(.seconds(5))
        let second = try ground.perform(RevocationList.Revoke(identity: laptop, reason: ""))
        var list = AdmissionList()
        #expect(list.apply(second) && !list.apply(first))
        #expect(!list.apply(try #require(readmitted)))
        #expect(list.verdict(laptop, keyID: Sample.key(2)) == .revoked(second))
        #expect(list.count == 1)
    }
}
