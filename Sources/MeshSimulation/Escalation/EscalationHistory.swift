internal import MeshActors
internal import MeshChat
internal import MeshCheck
internal import MeshCore
internal import MeshEscalation
internal import MeshTestKit

/// What askers were told, what engines have said and when they were busy, under the eyes of the checkers.
///
/// It knows nothing of offices and answers but what reaches the network, the engine, the account and the asker.
final class EscalationHistory: Sendable {
    /// One answer of an engine.
    private struct Saying {
        let run: UniqueID
        let placeholder: String?
        var text = ""
        var isWhole = false
        var isBusy = true
        /// How many bytes of it, as they travel, an edge has acknowledged.
        var acknowledged: UInt64 = 0
        var told: Instant?
        /// Since when nobody has asked it for more; nil while somebody does.
        var restsSince: Instant?
    }

    private struct Run {
        var askers = 0
        var asked = 0
        var lastGone = Instant.origin
        var mayBeOrphan = false
        var newest: Int?
        var lines: [Int] = []
        var ends: Instant
    }

    /// What became of all.
    struct Counts: Sendable {
        var whole = 0
        var failures: [String: Int] = [:]
        var left = 0
        var again = 0
        var bytes = 0
        var checks = 0
    }

    private struct State {
        var violation: Violation?
        var sayings: [Saying] = []
        var runs: [UniqueID: Run] = [:]
        /// Which run an engine is asked for, by the number that the hub gives it.
        var calls: [UniqueID: UniqueID] = [:]
        var counts = Counts()
    }

    let clock: VirtualClock
    private let trace: Trace
    private let broken = Beacon()
    private let state = Lock(State())

    init(clock: VirtualClock, trace: Trace) { (self.clock, self.trace) = (clock, trace) }

    var violation: Violation? { state.withLock { $0.violation } }
    var counts: Counts { state.withLock { $0.counts } }

    /// Returns as soon as a promise is broken, or when the task is cancelled.
    func untilBroken() async { await broken.wait() }

    func note(_ words: String) { trace.note(words) }

    func fail(_ checker: String, _ message: String) { happen(message) { _ in Violation(checker, message) } }

    // MARK: Askers

    func asks(_ ask: PlannedAsk, as call: UniqueID, until deadline: Instant) {
        happen("asker \(ask.number) asks for run \(ask.run.low)") { state in
            var run = state.runs[ask.run, default: Run(ends: deadline)]
            run.askers += 1
            run.asked += 1
            run.ends = max(run.ends, deadline)
            state.runs[ask.run] = run
            state.calls[call] = ask.run
            if run.asked > 1 { state.counts.again += 1 }
            return nil
        }
    }

    /// Nobody is there any more; what it was told does not count.
    func gone(_ ask: PlannedAsk, _ why: String) {
        let now = clock.now
        happen("asker \(ask.number) \(why)") { state in
            state.runs[ask.run]?.askers -= 1
            state.runs[ask.run]?.lastGone = now
            return nil
        }
    }

    func left(_ ask: PlannedAsk) { state.withLock { $0.counts.left += 1 } }

    /// The asker has `text`, and then the end, or `failure`.
    func told(_ ask: PlannedAsk, _ text: String, _ failure: ChatErrorCode?, _ words: String, hasLeft: Bool) {
        let (name, now) = ("asker \(ask.number)", clock.now)
        happen("\(name) has \(text.utf8.count) bytes and \(failure.map { "\($0): \(words)" } ?? "the end")") { state in
            state.counts.bytes += text.utf8.count
            if let failure { state.counts.failures[failure.rawValue, default: 0] += 1 } else { state.counts.whole += 1 }
            if failure == .upstreamMalformed { return Violation("bytes", "\(name) is told that \(words)") }
            if failure == .cancelled, !hasLeft, (state.runs[ask.run]?.asked ?? 0) < 2 {
                return Violation("who-left", "\(name) has not left, and is told that \(words)")
            }
            if failure == .timedOut, let newest = state.runs[ask.run]?.newest, state.sayings[newest].isBusy,
                let rest = state.sayings[newest].restsSince, now > rest + Limits.EscalationWorld.longestRest
            {
                return Violation(
                    "stuck",
                    "\(name) is told that \(words), and nobody has asked answer \(newest) for more"
                )
            }
            if text.isEmpty, failure != nil { return nil }
            guard let number = text.prefix(while: { $0 != "." }).firstInteger, number < state.sayings.count,
                state.sayings[number].run == ask.run
            else { return Violation("words", "\(name) has words that nobody has said: \(text.prefix(40))") }
            return Self.check(text, state.sayings[number], isWhole: failure == nil, ask).map { Violation("words", $0) }
        }
    }

    private static func check(_ text: String, _ saying: Saying, isWhole: Bool, _ ask: PlannedAsk) -> String? {
        var said = saying.text
        if ask.isRestored, let placeholder = saying.placeholder {
            said = said.split(separator: placeholder, omittingEmptySubsequences: false)
                .joined(separator: PlannedAsk.secret)
        }
        if isWhole {
            guard saying.isWhole else { return "asker \(ask.number) has a whole answer that nobody has given" }
            return text.utf8.elementsEqual(said.utf8) ? nil : difference(text, said, ask)
        }
        if said.utf8.starts(with: text.utf8) { return nil }
        // Where it breaks off within a placeholder, that stays as it came.
        for count in 1...Limits.EscalationWorld.placeholderBytes {
            let short = text.utf8.dropLast(count)
            guard ask.isRestored, said.utf8.starts(with: short) else { continue }
            if saying.placeholder?.utf8.starts(with: text.utf8.suffix(count)) == true { return nil }
        }
        return difference(text, said, ask)
    }

    private static func difference(_ text: String, _ said: String, _ ask: PlannedAsk) -> String {
        let same = zip(text.utf8, said.utf8).prefix { $0 == $1 }.count
        let (theirs, ours) = (text.utf8.dropFirst(same).prefix(30), said.utf8.dropFirst(same).prefix(30))
        return "asker \(ask.number) has at \(same) of \(said.utf8.count) bytes '\(String(theirs) ?? "")', "
            + "said was '\(String(ours) ?? "")'"
    }

    // MARK: Engines

    /// An engine begins an answer to `call`: its number.
    func engineBegins(_ call: UniqueID, placeholder: String?) -> Int {
        let (number, run) = state.withLock { state in
            let run = state.calls[call] ?? call
            state.sayings.append(Saying(run: run, placeholder: placeholder))
            state.runs[run]?.newest = state.sayings.count - 1
            return (state.sayings.count - 1, run)
        }
        trace.note("answer \(number) to run \(run.low) begins")
        return number
    }

    /// More is wanted of it.
    func engineAsked(_ number: Int) {
        happen(nil) { state in
            state.sayings[number].restsSince = nil
            let saying = state.sayings[number]
            let ahead = UInt64(saying.text.utf8.count)
            let bound = saying.acknowledged + UInt64(Limits.Escalation.windowBytes)
            guard ahead >= bound + UInt64(Limits.EscalationWorld.largestWord) else { return nil }
            return Violation("window", "answer \(number) is read at \(ahead), acknowledged is \(saying.acknowledged)")
        }
    }

    /// It has what was wanted.
    func engineAnswers(_ number: Int) {
        let now = clock.now
        state.withLock { $0.sayings[number].restsSince = now }
    }

    func engineSays(_ number: Int, _ text: String) { state.withLock { $0.sayings[number].text += text } }

    /// It is over; `isWhole` where its end was handed over.
    func engineEnds(_ number: Int, isWhole: Bool) {
        let now = clock.now
        let isNews = state.withLock { state in
            if isWhole { state.sayings[number].isWhole = true }
            return state.sayings[number].isBusy
        }
        guard isNews else { return }
        happen("answer \(number) ends") { state in
            defer { state.sayings[number].isBusy = false }
            return Self.checkIdle(state, number, now)
        }
    }

    /// Whoever still answers must have a reason.
    func checkEngines() {
        let now = clock.now
        happen(nil) { state in
            for number in state.sayings.indices where state.sayings[number].isBusy {
                if let violation = Self.checkIdle(state, number, now) { return violation }
            }
            return nil
        }
    }

    private static func checkIdle(_ state: State, _ number: Int, _ now: Instant) -> Violation? {
        let saying = state.sayings[number]
        guard let run = state.runs[saying.run] else { return nil }
        if let told = saying.told, now > told + Limits.EscalationWorld.engineTold {
            return Violation("told", "answer \(number) goes on, although its hub was told that nobody wants it")
        }
        guard run.askers == 0, now > run.lastGone + Limits.EscalationWorld.engineAlone else { return nil }
        return Violation("alone", "answer \(number) to run \(saying.run.low) goes on, and nobody is there")
    }

    var busyEngines: Int { state.withLock { $0.sayings.count(where: \.isBusy) } }

    /// A hub's process is no more, and whoever it had answer.
    func enginesDie() { state.withLock { state in for i in state.sayings.indices { state.sayings[i].isBusy = false } } }

    // MARK: Streams

    func opened(_ run: UniqueID, line: Int) { state.withLock { $0.runs[run]?.lines.append(line) } }

    func acknowledged(_ run: UniqueID, _ offset: UInt64) {
        state.withLock { state in
            guard let newest = state.runs[run]?.newest else { return }
            state.sayings[newest].acknowledged = max(state.sayings[newest].acknowledged, offset)
        }
    }

    /// A hub has read on a stream that nobody wants the answer; where it is the newest, that counts.
    func told(_ run: UniqueID, line: Int) {
        let now = clock.now
        happen("run \(run.low) is told on line \(line) that nobody wants it") { state in
            guard let known = state.runs[run], known.lines.last == line, let newest = known.newest else { return nil }
            state.sayings[newest].told = state.sayings[newest].told ?? now
            return nil
        }
    }

    private func happen(_ line: String?, _ check: (inout State) -> Violation?) {
        if let line { trace.note(line) }
        let isNew = state.withLock { state in
            state.counts.checks += 1
            guard let violation = check(&state), state.violation == nil else { return false }
            state.violation = violation
            return true
        }
        if isNew { broken.light() }
    }
}

extension PlannedAsk {
    /// What must not leave an edge.
    static let secret = "anna.schmidt@example.org"
}

extension Substring {
    fileprivate var firstInteger: Int? { Int(self) }
}
