package import MeshCore

/// What calls have come to, in numbers.
package struct CallCounts: Hashable, Sendable {
    /// How a call ended.
    package enum Outcome: String, CaseIterable, Hashable, Sendable {
        /// With a reply.
        case answered
        /// The actor said no.
        case refused
        /// The actor, its node or its store had too much to do; nothing happened.
        case overloaded
        /// The caller's time was over, or it was cancelled.
        case givenUp = "given_up"
        /// It may have been carried out.
        case unknown
        /// Something else.
        case failed
    }

    private var answered = UInt64(0)
    private var refused = UInt64(0)
    private var overloaded = UInt64(0)
    private var givenUp = UInt64(0)
    private var unknown = UInt64(0)
    private var failed = UInt64(0)

    /// None.
    package init() {}

    /// How many calls have ended in this way.
    package subscript(outcome: Outcome) -> UInt64 { self[keyPath: Self.place(of: outcome)] }

    mutating func note(_ outcome: Outcome) {
        // No key path: one is made anew each time, and this is on the way of every call.
        switch outcome {
        case .answered: answered &+= 1
        case .refused: refused &+= 1
        case .overloaded: overloaded &+= 1
        case .givenUp: givenUp &+= 1
        case .unknown: unknown &+= 1
        case .failed: failed &+= 1
        }
    }

    private static func place(of outcome: Outcome) -> KeyPath<CallCounts, UInt64> {
        switch outcome {
        case .answered: \.answered
        case .refused: \.refused
        case .overloaded: \.overloaded
        case .givenUp: \.givenUp
        case .unknown: \.unknown
        case .failed: \.failed
        }
    }
}

extension CallFailure {
    /// How a call ended that ended with this; nil where it did not end, because the actor has moved.
    var outcome: CallCounts.Outcome? {
        switch self {
        case .refused: .refused
        case .overloaded: .overloaded
        case .failed(let error): CallCounts.Outcome(error.code)
        }
    }
}

extension CallCounts.Outcome {
    /// The end of a call that failed with `code`; nil where it goes on elsewhere.
    init?(_ code: ActorErrorCode) {
        switch code {
        case .moved: return nil
        case .unavailable: self = .overloaded
        case .deadlineExceeded, .cancelled: self = .givenUp
        case .outcomeUnknown: self = .unknown
        case .unknownCommand, .noHost, .tooManyRedirects, .corrupt, .commandMismatch, .tooLarge, .malformed, .stopping,
            .notAllowed:
            self = .failed
        }
    }
}

extension RemoteCall.Outcome {
    /// How the try ended, for the one who asked; nil where it was sent elsewhere, or may be made again.
    var ending: CallCounts.Outcome? {
        switch self {
        case .value: .answered
        case .refusal: .refused
        case .tryAt, .again: nil
        case .lost: .unknown
        case .failed(let failure): failure.outcome
        }
    }
}

/// What has happened to the actors of one kind on one node.
package struct KindStatistics: Hashable, Sendable {
    /// The kind.
    package let kind: ActorKind
    /// Actors that live here, come or go.
    package internal(set) var stays = 0
    /// Calls that are at an actor, or wait for one that comes.
    package internal(set) var callsUnderWay = 0
    /// Actors that came to live here.
    package internal(set) var activations = UInt64(0)
    /// Actors that could not come.
    package internal(set) var activationsFailed = UInt64(0)
    /// Actors that left in good order.
    package internal(set) var passivations = UInt64(0)
    /// Actors that were dropped because an append failed.
    package internal(set) var evictions = UInt64(0)
    /// Calls of anybody to actors that live here.
    package internal(set) var calls = CallCounts()
    /// How long the calls of other nodes took, from their arrival at the actor to their answer.
    package internal(set) var served = Distribution(over: .work)
    /// Tries at calls of this node to actors elsewhere.
    package internal(set) var asked = CallCounts()
    /// How long those took that were answered or refused.
    package internal(set) var askedTimes = Distribution(over: .work)

    init(_ kind: ActorKind) { self.kind = kind }
}

/// What a node's runtime is busy with.
package struct ActorStatistics: Hashable, Sendable {
    /// Each kind, in the order of their names.
    package let kinds: [KindStatistics]
    /// What is counted for all kinds together.
    package let counts: ActorCounts
    /// Actors that are to come and whose stay has not begun.
    package let startsWaiting: Int
    /// Owners of actors elsewhere that are kept in mind.
    package let routes: Int
}

extension ActorTable {
    /// A call of another node has been answered.
    func served(took time: Duration) { note { $0.served.note(time) } }

    /// A try at a call of an actor elsewhere is over.
    func asked(_ outcome: RemoteCall.Outcome, took time: Duration) {
        guard let ending = outcome.ending else { return }
        note { statistics in
            statistics.asked.note(ending)
            if ending == .answered || ending == .refused { statistics.askedTimes.note(time) }
        }
    }

    /// A message to an actor elsewhere has been handed over; nil, or has not.
    func posted(_ outcome: RemoteCall.Outcome?) {
        guard let ending = outcome.map(\.ending) ?? .answered else { return }
        note { $0.asked.note(ending) }
    }
}
