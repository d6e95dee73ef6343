package import MeshCore

/// How often each key may ask: so many requests in any sliding window, counted one by one.
///
/// No estimate and no buckets: what clients are promised is the number, wherever they put their clock down. So the
/// moment of every request of the last ``Limits/Chat/requestWindow`` is kept, eight bytes each, and what that may cost
/// is bounded. A request that is refused takes nothing.
///
/// It lives beside ``RequestAllowance``, which it fills in, and knows keys by their names alone: whose a key is and
/// whether it counts is settled before. `RequestWindow` of MeshHTTP gives all its keys one number and takes nothing
/// back; here each key has its own.
package struct CallerLimiter: Sendable {
    /// A key.
    private struct Subject: Hashable {
        let tenant: TenantID
        let key: String
    }

    private let maximumCallers: Int
    private let maximumRequests: Int
    private var windows: [Subject: Window] = [:]
    /// Requests in all windows together.
    private var remembered = 0
    /// The latest moment that anybody asked at: who asked a clock earlier and comes later counts from here.
    private var latest: Instant?
    /// There is no room until then, as was found when it was looked for.
    private var fullUntil: Instant?

    /// Nobody has asked yet.
    package init(
        maximumCallers: Int = Limits.Chat.maximumLimitedCallers,
        maximumRequests: Int = Limits.Chat.maximumRememberedRequests
    ) {
        self.maximumCallers = maximumCallers
        self.maximumRequests = maximumRequests
    }

    /// A request that was counted.
    package struct Taken: Hashable, Sendable {
        /// What is left; `reset` is when there is one more than that.
        package let allowance: RequestAllowance
        fileprivate let tenant: TenantID
        fileprivate let key: String
        fileprivate let moment: Instant
    }

    /// What comes of asking.
    package enum TakeAction: Hashable, Sendable {
        /// Nothing limits this caller.
        case unlimited
        /// It is counted: give it back where it comes to nothing that the caller could help.
        case taken(Taken)
        /// Not now, and nothing was taken; `reset` is when to come again.
        case wait(RequestAllowance)
    }

    /// A caller with the key called `key` of `tenant` asks at `now`, and may `perMinute` times in any window.
    ///
    /// Without a key, or a number, nothing is limited.
    package mutating func take(tenant: TenantID, key: String?, perMinute: Int?, now: Instant) -> TakeAction {
        guard let key, let perMinute else { return .unlimited }
        let now = max(now, latest ?? now)
        latest = now
        let limit = max(perMinute, 1)
        let subject = Subject(tenant: tenant, key: key)
        // Taken out and put back, so that its moments are not copied for each request.
        var window = windows.removeValue(forKey: subject) ?? Window()
        defer { if !window.isEmpty { windows[subject] = window } }
        remembered -= window.forget(before: now)
        let wait = window.wait(limit: limit, now: now) ?? waitForRoom(beside: window, now: now)
        if let wait { return .wait(RequestAllowance(limit: limit, remaining: 0, reset: wait)) }
        window.add(now)
        remembered += 1
        let allowance = RequestAllowance(
            limit: limit,
            remaining: max(limit - window.count, 0),
            reset: window.untilOneMore(now: now)
        )
        return .taken(Taken(allowance: allowance, tenant: tenant, key: key, moment: now))
    }

    /// The request came to nothing, and shall cost nothing.
    package mutating func giveBack(_ taken: Taken) {
        let subject = Subject(tenant: taken.tenant, key: taken.key)
        guard var window = windows.removeValue(forKey: subject) else { return }
        if window.remove(taken.moment) {
            remembered -= 1
            fullUntil = nil
        }
        if !window.isEmpty { windows[subject] = window }
    }

    /// Keys whose requests are in mind.
    package var callers: Int { windows.count }

    /// Requests in mind.
    package var requests: Int { remembered }

    /// How long until there is room for one more request of `own`, which is not among the others now; nil where there
    /// is.
    ///
    /// Looking costs as much as there are keys, so it is done once in a pause at most.
    private mutating func waitForRoom(beside own: Window, now: Instant) -> Duration? {
        guard isFull(beside: own) else { return nil }
        if let fullUntil, now < fullUntil { return fullUntil - now }
        var first = own.oldest
        for subject in Array(windows.keys) {
            guard var window = windows.removeValue(forKey: subject) else { continue }
            remembered -= window.forget(before: now)
            guard let oldest = window.oldest else { continue }
            windows[subject] = window
            first = min(first ?? oldest, oldest)
        }
        fullUntil = nil
        guard isFull(beside: own) else { return nil }
        let end = (first ?? now) + Limits.Chat.requestWindow
        let until = max(end, now + Limits.Chat.limiterPause)
        fullUntil = until
        return until - now
    }

    private func isFull(beside own: Window) -> Bool {
        remembered >= maximumRequests || (own.isEmpty && windows.count >= maximumCallers)
    }

    /// The requests of one key in the last window, the oldest first.
    private struct Window {
        private var moments: [Instant] = []
        /// Those before it are over.
        private var first = 0

        var count: Int { moments.count - first }
        var isEmpty: Bool { count == 0 }
        var oldest: Instant? { isEmpty ? nil : moments[first] }

        /// Lets go what is as old as a window, and says how many that were.
        mutating func forget(before now: Instant) -> Int {
            let begin = first
            while first < moments.count, now - moments[first] >= Limits.Chat.requestWindow { first += 1 }
            let gone = first - begin
            if first > moments.count / 2 {
                moments.removeFirst(first)
                first = 0
            }
            return gone
        }

        /// How long until fewer than `limit` are in the window; nil where that is so.
        func wait(limit: Int, now: Instant) -> Duration? {
            guard count >= limit else { return nil }
            return moments[moments.count - limit] + Limits.Chat.requestWindow - now
        }

        /// When one more may be made than now.
        func untilOneMore(now: Instant) -> Duration {
            oldest.map { $0 + Limits.Chat.requestWindow - now } ?? .zero
        }

        /// Counts one at `now`, which is not before the last.
        mutating func add(_ now: Instant) { moments.append(now) }

        /// Whether one of that moment was there.
        mutating func remove(_ moment: Instant) -> Bool {
            guard let place = moments[first...].lastIndex(of: moment) else { return false }
            moments.remove(at: place)
            return true
        }
    }
}
