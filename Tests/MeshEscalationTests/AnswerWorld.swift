import MeshChat
import MeshCore
import MeshEscalation
import MeshTestKit
import MeshWire

/// An edge, a hub that forgets, an account and a network that does its worst: one run, decided by a seed.
struct AnswerWorld: ~Copyable {
    /// What is on its way; each belongs to the stream of an attempt.
    enum Message {
        case opening(attempt: UInt64, offset: UInt64, answer: UInt64?, asks: Bool)
        case taken(attempt: UInt64, offset: UInt64, life: Int)
        case left
        case hubLostStream(attempt: UInt64)
        case chunk(attempt: UInt64, StreamChunk, life: Int)
        case end(attempt: UInt64, StreamEnd)
        case refusal(attempt: UInt64, ErrorFrame)
        case edgeLostStream(attempt: UInt64)
    }

    enum Outcome: Equatable {
        case whole
        case failed(EscalationErrorCode)
        case left
    }

    enum Hold { case none, open, settled }

    private static let digest = SHA256.digest([7])
    private var generator: SeededGenerator
    private var now = instant(0)
    private var network: [Message] = []

    // The edge
    private var follower: AnswerFollower
    private(set) var said = ""
    private(set) var outcomes: [Outcome] = []
    private(set) var opened = 0
    private var edgeLife = 0

    // The hub
    private var machine: EscalationStateMachine?
    private(set) var life = 0
    private(set) var wasKilled = false
    private var hubStream: UInt64 = 0
    private var reserving = false
    private var settling: RunSettlement?
    private var script: [ChatEvent] = []
    private(set) var settledInLife: [Int: Int] = [:]
    private(set) var isBroken: String?

    // The account
    private(set) var hold = Hold.none
    private(set) var booked = 0
    private(set) var wasReserved = false

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        follower = AnswerFollower(deadline: instant(300), acknowledgementBytes: 64)
        let action = follower.begin(isConnected: true, now: now)
        perform(action)
    }

    /// What a model says in the life `life` of the hub: no two lives say the same.
    static func words(_ life: Int) -> [String] { (0..<30).map { "[\(life).\($0)]" } }

    // MARK: Doing its worst

    mutating func disturb() {
        switch generator.integer(below: 24) {
        case 0...9: deliver()
        case 10...14: work()
        case 15: repeatSomething()
        case 16: cut()
        case 17: if generator.chance(1, in: 4) { restartHub() }
        case 18: pass(.milliseconds(generator.integer(below: 3_000)))
        case 19: if generator.chance(1, in: 30) { leave() }
        case 20: if generator.chance(1, in: 10) { engineFails() }
        default: pass(.milliseconds(generator.integer(below: 60)))
        }
    }

    /// From here on nothing is lost, and all that is on its way comes; returns whether all ended.
    mutating func calmDown() -> Bool {
        for _ in 0..<4_000 {
            let isQuiet = network.isEmpty && !work()
            if isQuiet, outcomes.count == 1, machine == nil { return true }
            if !network.isEmpty { deliver(0) }
            if isQuiet { pass(.seconds(1)) }
        }
        return false
    }

    private mutating func deliver() {
        if !network.isEmpty { deliver(generator.integer(below: network.count)) }
    }

    private mutating func deliver(_ index: Int) {
        switch network.remove(at: index) {
        case .opening(let attempt, let offset, let answer, let asks): open(attempt, offset, answer, asks)
        case .taken(let attempt, let offset, let life):
            // It travels on a stream of the hub that has ended with it.
            if life == self.life { tell { $0.acknowledged(attempt, offset: offset, now: $1) } }
        case .left: tell { $0.cancelled(now: $1) }
        case .hubLostStream(let attempt):
            tell { machine, now in
                machine.streamOver(attempt, now: now)
                return .none
            }
        case .chunk(let attempt, let chunk, let life):
            if attempt == UInt64(opened) { edgeLife = life }
            perform(follower.chunkArrived(chunk, attempt: attempt, now: now))
        case .end(let attempt, let end):
            perform(follower.endArrived(end, attempt: attempt, now: now, jitter: generator.next()))
        case .refusal(let attempt, let frame):
            perform(follower.streamRefused(frame, attempt: attempt, now: now, jitter: generator.next()))
        case .edgeLostStream(let attempt):
            perform(follower.streamCut(attempt: attempt, now: now, jitter: generator.next()))
        }
    }

    /// What was said on a stream comes twice, and so does an older question; the newest stream is opened once.
    private mutating func repeatSomething() {
        guard !network.isEmpty else { return }
        let message = network[generator.integer(below: network.count)]
        if case .opening(UInt64(opened), _, _, _) = message { return }
        network.append(message)
    }

    /// The stream of the newest attempt breaks; of what is on its way some is lost.
    private mutating func cut() {
        let attempt = UInt64(opened)
        network.removeAll { _ in generator.chance(1, in: 2) }
        network.append(.hubLostStream(attempt: attempt))
        network.append(.edgeLostStream(attempt: attempt))
    }

    private mutating func restartHub() {
        // What was under way with the account may have been done, or not.
        if reserving, generator.chance(1, in: 2) { reserve() }
        if settling != nil, generator.chance(1, in: 2) { settle() }
        machine = nil
        wasKilled = true
        reserving = false
        settling = nil
        cut()
        guard generator.chance(1, in: 2) else { return }
        // Another hub takes its place, which had been asked before and has begun by itself.
        open(0, 0, nil, true)
        for _ in 0..<generator.integer(below: 20) { work() }
    }

    private mutating func leave() {
        guard outcomes.isEmpty else { return }
        perform(follower.cancelled())
    }

    private mutating func pass(_ duration: Duration) {
        now = now + duration
        if follower.nextDeadline.map({ $0 <= now }) == true { perform(follower.deadlineReached(now: now)) }
        tell { $0.deadlineReached(now: $1) }
    }

    // MARK: The edge

    private mutating func perform(_ action: AnswerFollower.Action) {
        switch action {
        case .none: break
        case .open(let attempt, let offset, let answer, let asks):
            opened = Int(attempt)
            network.append(.hubLostStream(attempt: attempt - 1))
            network.append(.opening(attempt: attempt, offset: offset, answer: answer, asks: asks))
        case .deliver(let events): hand(events)
        case .finish(let events, _):
            hand(events)
            outcomes.append(.whole)
        case .fail(let events, let failure):
            hand(events)
            outcomes.append(.failed(failure.code))
            network.append(.left)
        case .cancel:
            outcomes.append(.left)
            network.append(.left)
        }
        if let offset = follower.nextAcknowledgement() {
            network.append(.taken(attempt: UInt64(opened), offset: offset, life: edgeLife))
        }
    }

    private mutating func hand(_ events: [ChatEvent]) {
        if !outcomes.isEmpty, !events.isEmpty { isBroken = "something is handed over behind the end" }
        for case .text(let text) in events { said += text }
    }

    // MARK: The hub

    private mutating func open(_ attempt: UInt64, _ offset: UInt64, _ known: UInt64?, _ asks: Bool) {
        if machine == nil {
            guard asks else { return refuse(attempt, .notFound) }
            life += 1
            wasKilled = false
            var configuration = EscalationConfiguration()
            configuration.windowBytes = 150
            configuration.orphanPatience = .seconds(20)
            machine = EscalationStateMachine(
                question: Self.digest,
                answer: UInt64(life),
                promptTokens: 3,
                timeLeft: .seconds(200),
                configuration: configuration,
                now: now
            )
            reserving = true
        }
        let question = asks ? Self.digest : nil
        switch machine?.attached(attempt, offset: offset, answer: known, question: question, now: now) {
        case .begin(let former)?:
            hubStream = attempt
            if let former { network.append(.edgeLostStream(attempt: former)) }
        case .refuse(let code)?: refuse(attempt, code)
        case nil: break
        }
        say()
    }

    private mutating func refuse(_ attempt: UInt64, _ code: PeerErrorCode) {
        network.append(.refusal(attempt: attempt, ErrorFrame(code: code, message: "no")))
    }

    private mutating func tell(_ event: (inout EscalationStateMachine, Instant) -> EscalationStateMachine.Action) {
        guard var machine = machine.take() else { return }
        let action = event(&machine, now)
        self.machine = consume machine
        switch action {
        case .none: break
        case .ask:
            script = [.started(ChatStart(id: "\(life)", model: "m"))]
            script += Self.words(life).map { .text($0) } + [.usage(.sample), .ended(.endOfTurn)]
        case .settle(let settlement):
            script = []
            settling = settlement
            settledInLife[life, default: 0] += 1
        case .release: self.machine = nil
        }
        say()
    }

    private mutating func say() {
        while let output = machine?.nextOutput() {
            // It may be an older one than the edge's newest.
            switch output {
            case .chunk(let chunk): network.append(.chunk(attempt: hubStream, chunk, life: life))
            case .end(let end): network.append(.end(attempt: hubStream, end))
            }
        }
    }

    /// The engine or the account does something; false where there is nothing to do.
    @discardableResult
    private mutating func work() -> Bool {
        if reserving {
            reserving = false
            let isReserved = reserve()
            let taken = EscalationFailure(.refused, "the run has been settled", chat: .conflict)
            tell { isReserved ? $0.reserved(now: $1) : $0.refused(taken, now: $1) }
            return true
        }
        if settling != nil {
            settle()
            tell { $0.settled(cost: nil, now: $1) }
            return true
        }
        guard machine?.wantsEvents == true, !script.isEmpty else { return false }
        let event = script.removeFirst()
        tell { $0.eventArrived(event, now: $1) }
        return true
    }

    private mutating func engineFails() {
        guard !script.isEmpty else { return }
        script = []
        tell { $0.answerFailed(EscalationFailure(.refused, "broke off", chat: .upstreamFailed), now: $1) }
    }

    // MARK: The account

    @discardableResult
    private mutating func reserve() -> Bool {
        guard hold != .settled else { return false }
        hold = .open
        wasReserved = true
        return true
    }

    private mutating func settle() {
        if hold == .open { booked += 1 }
        if hold == .none { isBroken = "something is settled that was not reserved" }
        hold = .settled
        settling = nil
    }
}
