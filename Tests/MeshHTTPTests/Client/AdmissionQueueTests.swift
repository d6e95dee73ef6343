import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite struct `Who may be under way` {
    private func origin(_ host: String, _ scheme: ClientURL.Scheme = .https) throws -> ClientOrigin {
        try ClientOrigin(scheme: scheme, host: host)
    }

    private func queue(perHost: Int = 2, total: Int = 3, streams: Int = 10, waiting: Int = 100) -> AdmissionQueue {
        var configuration = ClientConfiguration()
        configuration.connectionsPerHost = perHost
        configuration.connections = total
        configuration.streamsPerConnection = streams
        configuration.waiting = waiting
        return AdmissionQueue(configuration)
    }

    @Test func `is bounded for a server and in all, and the first of those who fit goes first`() throws {
        var queue = queue()
        let (a, b) = (try origin("a"), try origin("b"))
        #expect(queue.arrived(1, at: a, isShared: false) == .begin)
        #expect(queue.arrived(2, at: a, isShared: false) == .begin)
        #expect(queue.arrived(3, at: a, isShared: false) == .wait)
        #expect(queue.arrived(4, at: b, isShared: false) == .begin)
        #expect(queue.arrived(5, at: b, isShared: false) == .wait)
        #expect(queue.arrived(6, at: a, isShared: false) == .wait)
        #expect(queue.next() == nil)
        // Room in all, but not at `a`: the one for `b` goes, although others came before it.
        queue.left(b, isShared: false)
        #expect(queue.next() == 5)
        #expect(queue.next() == nil)
        queue.left(a, isShared: false)
        #expect(queue.next() == 3)
        #expect(queue.connections == 3)
        #expect(queue.waiting == 1)
    }

    @Test func `are many on one connection once the server is known to take them`() throws {
        var queue = queue(perHost: 1, total: 10, streams: 3)
        let a = try origin("a")
        #expect(queue.arrived(1, at: a, isShared: true) == .begin)
        for id in 2...5 { #expect(queue.arrived(UInt64(id), at: a, isShared: true) == .wait) }
        queue.learned(a, isMultiplexed: true)
        #expect([queue.next(), queue.next(), queue.next()] == [2, 3, nil])
        #expect(queue.connections == 1)
        // One that wants a connection to itself waits for that of the others.
        #expect(queue.arrived(6, at: a, isShared: false) == .wait)
        for _ in 0..<3 { queue.left(a, isShared: true) }
        #expect([queue.next(), queue.next(), queue.next()] == [4, 5, nil])
        for _ in 0..<2 { queue.left(a, isShared: true) }
        #expect(queue.next() == 6)
        // What was learned is kept for the next burst.
        queue.left(a, isShared: false)
        for id in 7...9 { #expect(queue.arrived(UInt64(id), at: a, isShared: true) == .begin) }
    }

    @Test func `is refused where too many wait, and who gives up makes room`() throws {
        var queue = queue(perHost: 1, waiting: 10_000)
        let a = try origin("a")
        #expect(queue.arrived(0, at: a, isShared: false) == .begin)
        let last = UInt64(Limits.HTTPClient.maximumWaiting)
        for id in 1...last { #expect(queue.arrived(id, at: a, isShared: false) == .wait) }
        #expect(queue.arrived(last + 1, at: a, isShared: false) == .refuse)
        queue.gaveUp(1, at: a)
        queue.gaveUp(1, at: a)
        #expect(queue.arrived(last + 2, at: a, isShared: false) == .wait)
        queue.left(a, isShared: false)
        #expect(queue.next() == 2)
    }

    @Test func `is forgotten of servers that are not in use, where there are too many`() throws {
        var queue = queue(total: 10)
        let count = Limits.HTTPClient.maximumKnownOrigins
        for number in 0..<count + 10 {
            let origin = try origin("h\(number)")
            #expect(queue.arrived(UInt64(number), at: origin, isShared: true) == .begin)
            queue.learned(origin, isMultiplexed: true)
            queue.left(origin, isShared: true)
        }
        #expect(queue.knownOrigins == count)
        #expect(queue.connections == 0)
    }
}
