import MeshActors
import MeshCore
import MeshIdentity
import MeshWire
import Testing

@Suite struct `The registration of a node` {
    private var ground = Ground<NodeRegistration>()

    private func enrol(
        _ key: UInt64,
        by token: UInt64 = 1,
        as identity: NodeIdentity = Sample.identity(),
        isNamed: Bool = true
    ) -> NodeRegistration.Enrol {
        let (keyID, tokenID) = (Sample.key(key), Sample.token(token))
        return NodeRegistration.Enrol(identity: identity, keyID: keyID, tokenID: tokenID, isNamed: isNamed)
    }

    private func renew(_ current: UInt64, to next: UInt64) -> NodeRegistration.Renew {
        NodeRegistration.Renew(currentKeyID: Sample.key(current), newKeyID: Sample.key(next))
    }

    private func prove(_ key: UInt64, as identity: NodeIdentity = Sample.identity()) -> NodeRegistration.Prove {
        NodeRegistration.Prove(identity: identity, keyID: Sample.key(key))
    }

    private func holds(_ keys: UInt64...) -> Bool { ground.value.keys.map(\.keyID) == keys.map(Sample.key) }

    @Test mutating func `a name belongs to the identity that enrolled first, for ever`() throws {
        try ground.perform(enrol(1))
        for other in [Sample.identity("laptop-7", of: "other"), Sample.identity("laptop-7", of: "acme", .hub)] {
            #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(enrol(2, by: 2, as: other)) }
            #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(prove(1, as: other)) }
        }
        try ground.perform(enrol(2, by: 2))
        #expect(holds(1, 2))
        try ground.checkReplay()
    }

    @Test mutating func `the same token and key may ask again, and change nothing`() throws {
        for isNamed in [false, true, false] { try ground.perform(enrol(1, isNamed: isNamed)) }
        #expect(ground.journal.count == 1)
    }

    @Test mutating func `a token that names no node takes a free name, and never one that has an owner`() throws {
        try ground.perform(enrol(1, isNamed: false))
        #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(enrol(2, by: 2, isNamed: false)) }
        // Neither does the one that it came by, for another key.
        #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(enrol(2, isNamed: false)) }
        try ground.perform(prove(1))
        #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(enrol(2, by: 2, isNamed: false)) }
        #expect(holds(1) && ground.value.enrolledKeys == [Sample.key(1)])
        try ground.perform(enrol(2, by: 2, isNamed: true))
        #expect(holds(1, 2))
        try ground.checkReplay()
    }

    @Test mutating func `a name that nobody has enrolled belongs to who has proved it, once and with its key`() throws {
        let issued = Sample.identity("laptop-7", of: "other")
        #expect(try ground.perform(prove(1, as: issued)))
        #expect(try ground.perform(prove(1, as: issued)))
        #expect(ground.journal.count == 1)
        #expect(ground.value.identity == issued && holds(1))
        #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(enrol(2)) }
        #expect(throws: NodeRegistration.Refusal.nameTaken) { try ground.perform(prove(2)) }
        #expect(throws: NodeRegistration.Refusal.nameTaken) {
            try ground.perform(enrol(2, as: issued, isNamed: false))
        }
        // It renews like any other.
        #expect(try ground.perform(renew(1, to: 2)) == issued.text)
        #expect(try ground.perform(prove(2, as: issued)))
        #expect(throws: NodeRegistration.Refusal.keyEnded) { try ground.perform(prove(1, as: issued)) }
        try ground.checkReplay()
    }

    @Test mutating func `a key that has enrolled never enrols with another token`() throws {
        try ground.perform(enrol(1))
        #expect(throws: NodeRegistration.Refusal.keyUsed) { try ground.perform(enrol(1, by: 2)) }
        try ground.perform(enrol(2, by: 2))
        try ground.perform(prove(2))
        #expect(holds(2))
        #expect(throws: NodeRegistration.Refusal.keyUsed) { try ground.perform(enrol(1, by: 3)) }
        // Nor with the token that it came with: that was before it ended.
        #expect(throws: NodeRegistration.Refusal.keyUsed) { try ground.perform(enrol(1, by: 1)) }
        try ground.checkReplay()
    }

    @Test mutating func `both keys count until the new one is proved, which ends the old one`() throws {
        try ground.perform(enrol(1))
        try ground.perform(prove(1))
        #expect(try ground.perform(renew(1, to: 2)) == Sample.identity().text)
        #expect(holds(1, 2))
        try ground.perform(prove(1))
        #expect(holds(1, 2))
        try ground.perform(prove(2))
        #expect(holds(2))
        #expect(throws: NodeRegistration.Refusal.keyEnded) { try ground.perform(prove(1)) }
        #expect(throws: NodeRegistration.Refusal.keyEnded) { try ground.perform(renew(1, to: 3)) }
        #expect(throws: NodeRegistration.Refusal.keyEnded) {
            try ground.perform(NodeRegistration.Record(serial: [1], keyID: Sample.key(1), notAfter: Sample.now))
        }
        try ground.checkReplay()
    }

    @Test mutating func `proving twice journals once`() throws {
        try ground.perform(enrol(1))
        try ground.perform(prove(1))
        try ground.perform(prove(1))
        #expect(ground.journal.count == 2)
    }

    @Test mutating func `a renewal needs a key that counts and one that is new`() throws {
        #expect(throws: NodeRegistration.Refusal.notRegistered) { try ground.perform(renew(1, to: 2)) }
        try ground.perform(enrol(1))
        #expect(throws: NodeRegistration.Refusal.keyEnded) { try ground.perform(renew(5, to: 6)) }
        #expect(throws: NodeRegistration.Refusal.keyUsed) { try ground.perform(renew(1, to: 1)) }
        try ground.perform(renew(1, to: 2))
        // Its answer was lost.
        try ground.perform(renew(1, to: 2))
        #expect(ground.journal.count == 2)
        try ground.checkReplay()
    }

    @Test mutating func `a key that was never here is the authority's own business`() throws {
        try ground.perform(enrol(1))
        #expect(try ground.perform(prove(9)) == false)
        #expect(holds(1) && ground.journal.count == 1)
    }

    @Test mutating func `renewals whose answers are lost take the place of each other, never of the proved key`() throws
    {
        try ground.perform(enrol(1))
        try ground.perform(prove(1))
        for key in 2...20 { try ground.perform(renew(1, to: UInt64(key))) }
        #expect(ground.value.keys.count == Limits.Enrolment.maximumKeys)
        #expect(holds(1, 18, 19, 20))
        #expect(throws: NodeRegistration.Refusal.keyEnded) { try ground.perform(prove(2)) }
        try ground.perform(prove(19))
        #expect(holds(19, 20))
        try ground.checkReplay()
    }

    @Test mutating func `a thousand renewals keep a bounded number of keys and certificates`() throws {
        try ground.perform(enrol(0))
        for key in 1...1_000 {
            try ground.perform(renew(UInt64(key - 1), to: UInt64(key)))
            let notAfter = Sample.now.moved(by: .seconds(key))
            try ground.perform(
                NodeRegistration.Record(serial: [UInt8(key & 0xFF)], keyID: Sample.key(UInt64(key)), notAfter: notAfter)
            )
            try ground.perform(prove(UInt64(key)))
        }
        #expect(holds(1_000))
        #expect(ground.value.retiredKeys.count == Limits.Enrolment.maximumRetiredKeys)
        #expect(ground.value.certificates.count == Limits.Enrolment.maximumCertificates)
        #expect(ground.value.certificates.last?.keyID == Sample.key(1_000))
        try ground.checkReplay()
    }

    @Test mutating func `a name enrols a bounded number of times, and remembers each key`() throws {
        for number in 1...UInt64(Limits.Enrolment.maximumEnrolledKeys) {
            try ground.perform(enrol(number, by: number))
            try ground.perform(prove(number))
        }
        #expect(throws: NodeRegistration.Refusal.tooMany) { try ground.perform(enrol(5_000, by: 5_000)) }
        #expect(throws: NodeRegistration.Refusal.keyUsed) { try ground.perform(enrol(1, by: 5_000)) }
        try ground.checkReplay()
    }

    @Test mutating func `a certificate is noted once, and a long serial is cut`() throws {
        try ground.perform(enrol(1))
        let serial = [UInt8](repeating: 7, count: Limits.Enrolment.maximumSerialBytes + 1)
        let record = NodeRegistration.Record(serial: serial, keyID: Sample.key(1), notAfter: Sample.now)
        try ground.perform(record)
        try ground.perform(record)
        #expect(ground.value.certificates.map(\.serial.count) == [Limits.Enrolment.maximumSerialBytes])
        #expect(try ground.perform(NodeRegistration.Show()) == ground.value)
        for refusal in NodeRegistration.Refusal.allCases {
            #expect(try NodeRegistration.Refusal(wireBytes: refusal.wireBytes) == refusal)
        }
        try ground.checkReplay()
    }
}
