package import MeshCore

/// Counts requests by key, exactly: no more than so many in any stretch of time, wherever it begins.
///
/// For each key it keeps when the last requests came that were admitted. One is admitted where the oldest of them is a
/// whole window ago; what is refused leaves no trace, so a client that hammers is served again as soon as one that
/// waits. A key costs 8 bytes for each request of its window.
package struct RequestWindow<Key: Hashable & Sendable>: Sendable {
    private struct Times {
        var ring: [Int64] = []
        var oldest = 0

        var newest: Int64 { ring[(oldest + ring.count - 1) % ring.count] }

        mutating func admit(_ now: Instant, _ maximum: Int, _ window: Duration) -> RequestAdmission {
            guard ring.count == maximum else {
                ring.append(now.nanoseconds)
                return .admitted
            }
            let free = Instant(nanoseconds: ring[oldest]) + window
            guard free <= now else { return .refused(retryAfter: free - now) }
            ring[oldest] = now.nanoseconds
            oldest = (oldest + 1) % maximum
            return .admitted
        }
    }

    private let maximumRequests: Int
    private let window: Duration
    private let maximumKeys: Int
    private var keys: [Key: Times] = [:]
    private var nextSweep = Instant.origin

    /// A window for `maximumRequests` of each of `maximumKeys`.
    package init(
        maximumRequests: Int = Limits.Routing.maximumRequests,
        window: Duration = Limits.Routing.window,
        maximumKeys: Int = Limits.Routing.maximumKeys
    ) {
        precondition(maximumRequests > 0 && maximumKeys > 0 && window > .zero, "a window lets something in")
        self.maximumRequests = maximumRequests
        self.window = window
        self.maximumKeys = maximumKeys
    }

    /// How many keys are counted.
    package var keyCount: Int { keys.count }

    /// Counts a request of `key` at `now`, or says how long to wait.
    ///
    /// A new key for which there is no room is refused: dropping another would let that one begin anew.
    package mutating func admit(_ key: Key, now: Instant) -> RequestAdmission {
        if keys[key] == nil, keys.count >= maximumKeys {
            if now >= nextSweep { sweep(now: now) }
            guard keys.count < maximumKeys else { return .refused(retryAfter: nextSweep - now) }
        }
        return keys[key, default: Times()].admit(now, maximumRequests, window)
    }

    /// Forgets keys that have been silent for a window; at most a few times in each, for it looks at all.
    private mutating func sweep(now: Instant) {
        keys = keys.filter { Instant(nanoseconds: $0.value.newest) + window > now }
        nextSweep = now + window / 8
    }
}
