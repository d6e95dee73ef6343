internal import MeshCore

/// Who may be under way, and who waits: a value that keeps connections to a server, and in all, within their bounds.
///
/// The library has such bounds too, but a request that waits inside it is not seen to wait, and one whose server is
/// busy may stand in the way of others. Of those that may begin, the one that came first begins.
package struct AdmissionQueue {
    /// A request, in the order in which they came.
    package typealias ID = UInt64

    /// What becomes of a request that has come.
    package enum Answer: Hashable {
        /// It may begin.
        case begin
        /// It waits until ``next()`` names it.
        case wait
        /// Too many wait already.
        case refuse
    }

    private struct Place {
        /// Requests under way with a connection of their own.
        var alone = 0
        /// Requests under way that may share one.
        var shared = 0
        /// Whether a server is known to take several requests on one connection.
        var isMultiplexed = false
        var queue: [(id: ID, isShared: Bool)] = []

        func connections(_ streams: Int) -> Int {
            alone + (isMultiplexed ? (shared + streams - 1) / streams : shared)
        }
    }

    private let perHost: Int
    private let total: Int
    private let streams: Int
    private let maximumWaiting: Int
    private var places: [ClientOrigin: Place] = [:]
    /// Requests that wait.
    package private(set) var waiting = 0
    /// Connections that those under way need.
    package private(set) var connections = 0
    /// Servers of which something is remembered.
    package var knownOrigins: Int { places.count }

    /// Nobody yet, within the bounds of `configuration`.
    package init(_ configuration: ClientConfiguration) {
        perHost = max(1, configuration.connectionsPerHost)
        total = max(1, configuration.connections)
        streams = max(1, configuration.streamsPerConnection)
        maximumWaiting = min(max(0, configuration.waiting), Limits.HTTPClient.maximumWaiting)
    }

    /// A request has come.
    package mutating func arrived(_ id: ID, at origin: ClientOrigin, isShared: Bool) -> Answer {
        let place = places[origin] ?? Place()
        if place.queue.isEmpty, admit(origin, place, isShared: isShared) { return .begin }
        guard waiting < maximumWaiting else { return .refuse }
        places[origin, default: Place()].queue.append((id, isShared))
        waiting += 1
        return .wait
    }

    /// A request that waited does so no longer.
    package mutating func gaveUp(_ id: ID, at origin: ClientOrigin) {
        guard let index = places[origin]?.queue.firstIndex(where: { $0.id == id }) else { return }
        places[origin]?.queue.remove(at: index)
        waiting -= 1
        forget(origin)
    }

    /// A request that was under way is over.
    package mutating func left(_ origin: ClientOrigin, isShared: Bool) {
        change(origin) { place in if isShared { place.shared -= 1 } else { place.alone -= 1 } }
        forget(origin)
    }

    /// The server at `origin` turns out to take several requests on one connection, or not to.
    package mutating func learned(_ origin: ClientOrigin, isMultiplexed: Bool) {
        guard places[origin]?.isMultiplexed != isMultiplexed else { return }
        change(origin) { $0.isMultiplexed = isMultiplexed }
    }

    /// The next request that may begin, if there is one: it counts as under way from here on.
    package mutating func next() -> ID? {
        guard waiting > 0 else { return nil }
        var first: (id: ID, isShared: Bool, origin: ClientOrigin)?
        for (origin, place) in places {
            // The smallest number wins, so the order of the dictionary does not matter.
            guard let head = place.queue.first, first.map({ head.id < $0.id }) ?? true else { continue }
            if hasRoom(place, isShared: head.isShared) { first = (head.id, head.isShared, origin) }
        }
        guard let first, var place = places[first.origin] else { return nil }
        place.queue.removeFirst()
        places[first.origin] = place
        waiting -= 1
        _ = admit(first.origin, place, isShared: first.isShared)
        return first.id
    }

    private mutating func admit(_ origin: ClientOrigin, _ place: Place, isShared: Bool) -> Bool {
        guard hasRoom(place, isShared: isShared) else { return false }
        if places[origin] == nil { places[origin] = place }
        change(origin) { place in if isShared { place.shared += 1 } else { place.alone += 1 } }
        return true
    }

    private func hasRoom(_ place: Place, isShared: Bool) -> Bool {
        var after = place
        if isShared { after.shared += 1 } else { after.alone += 1 }
        let count = after.connections(streams)
        return count <= perHost && connections - place.connections(streams) + count <= total
    }

    private mutating func change(_ origin: ClientOrigin, _ body: (inout Place) -> Void) {
        guard var place = places[origin] else { return }
        connections -= place.connections(streams)
        body(&place)
        connections += place.connections(streams)
        places[origin] = place
    }

    private mutating func forget(_ origin: ClientOrigin) {
        guard let place = places[origin], place.alone + place.shared == 0, place.queue.isEmpty else { return }
        // What is known of a server saves the next burst from waiting, so it is kept while there is room.
        if !place.isMultiplexed || places.count > Limits.HTTPClient.maximumKnownOrigins { places[origin] = nil }
    }
}
