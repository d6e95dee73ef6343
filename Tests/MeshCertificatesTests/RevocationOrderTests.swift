import MeshCertificates
import MeshCore
import Testing

@Suite("Orders to revoke") struct RevocationOrderTests {
    private func identity(_ name: String) throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("acme"), role: .edge, node: try NodeID(name))
    }

    @Test("wait until somebody has carried them out")
    func wait() throws {
        let scratch = Scratch()
        let orders = RevocationOrders(path: "\(scratch.path)/revoke")
        #expect(try orders.waiting().isEmpty)
        let file = try orders.give(try identity("laptop-7"), reason: "stolen\nin a train", now: Workshop.now)
        #expect(orders.isWaiting(file))
        let waiting = try orders.waiting()
        #expect(waiting.map(\.identity) == [try identity("laptop-7")])
        #expect(waiting.map(\.given) == [Workshop.now])
        #expect(waiting.map(\.reason) == ["stolen in a train"])
        try orders.settle(waiting[0])
        #expect(!orders.isWaiting(file))
        #expect(try orders.waiting().isEmpty)
    }

    @Test("about a name that nobody has leave an answer, which is told once")
    func unknown() throws {
        let scratch = Scratch()
        let orders = RevocationOrders(path: "\(scratch.path)/revoke")
        let file = try orders.give(try identity("laptop-7"), reason: "", now: Workshop.now)
        try orders.settle(try orders.waiting()[0], isKnown: false)
        #expect(!orders.isWaiting(file))
        #expect(try orders.waiting().isEmpty)
        #expect(orders.wasUnknown(file))
        #expect(!orders.wasUnknown(file))
    }

    @Test("are read a bounded number at a time")
    func bound() throws {
        let scratch = Scratch()
        let orders = RevocationOrders(path: "\(scratch.path)/revoke")
        for number in 0..<(Limits.Certificate.maximumOrdersRead + 3) {
            _ = try orders.give(try identity("laptop-\(number)"), reason: "", now: Workshop.now)
        }
        #expect(try orders.waiting().count == Limits.Certificate.maximumOrdersRead)
    }
}
