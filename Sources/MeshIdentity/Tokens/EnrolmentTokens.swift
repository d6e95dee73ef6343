package import MeshActors
package import MeshCore
package import MeshWire

/// The enrolment tokens of one tenant that have been spent, and by which key, until they end.
package struct EnrolmentTokens: Journaled, Hashable {
    package static let kind = ActorKind("tokens")

    package static var commands: CommandTable<JournaledActor<EnrolmentTokens>> {
        CommandTable().accepting(Spend.self).accepting(Forget.self)
    }

    /// Those that have not ended, the smallest id first.
    package private(set) var spent: [SpentToken] = []

    /// Every token that ended until then is gone for good, also for a clock that was put back since.
    package private(set) var forgotten = WallTime(millisecondsSince1970: 0)

    package init(key: String) {}

    /// A token that somebody has used.
    package struct SpentToken: Hashable, Sendable {
        /// Which token.
        package let tokenID: UniqueID
        /// Who has spent it: the same key must not enrol under a second name.
        package let identity: NodeIdentity
        /// SHA-256 of the key that it was spent for.
        package let keyID: SHA256Digest
        /// When it ends.
        package let until: WallTime
    }

    /// One change.
    package enum Event: Hashable, Sendable {
        case spent(SpentToken)
        /// What had ended until then was let go.
        case forgotten(until: WallTime)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .spent(let token):
            let place = spent.firstIndex { token.tokenID < $0.tokenID } ?? spent.count
            spent.insert(token, at: place)
        case .forgotten(let until):
            forgotten = max(forgotten, until)
            spent.removeAll { $0.until <= until }
        }
    }

    /// When the first of them ends.
    package var nextAlarm: Alarm<EnrolmentTokens>? {
        spent.map(\.until).min().map { Alarm(at: $0, Forget()) }
    }

    package var approximateBytes: Int { Limits.Hosting.assumedBytes + spent.count * 256 }
}

extension EnrolmentTokens {
    /// Why a token is not spent.
    package enum Refusal: UInt64, Error, CaseIterable, WireCodable {
        /// Another key has spent it, or the same one for another name.
        case spentByAnother = 1
        /// Its end has passed.
        case ended = 2
        /// So many are in mind that there is no room until some have ended.
        case tooMany = 3

        package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

        package init(from reader: inout WireReader) throws(WireError) {
            guard let refusal = Refusal(rawValue: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "no such refusal")
            }
            self = refusal
        }
    }

    /// Spends a token for a key; the same key may do it again, because an answer can get lost.
    package struct Spend: Command {
        package typealias Target = EnrolmentTokens
        package typealias Reply = Done
        package typealias Refusal = EnrolmentTokens.Refusal

        package static let tag: UInt32 = 1
        /// What is spent, for whom.
        package let token: SpentToken

        /// Spends the token `tokenID`, which ends at `until`, for `identity` with the key `keyID`.
        package init(tokenID: UniqueID, identity: NodeIdentity, keyID: SHA256Digest, until: WallTime) {
            token = SpentToken(tokenID: tokenID, identity: identity, keyID: keyID, until: until)
        }

        package func decide(
            _ state: EnrolmentTokens,
            _ turn: inout Turn<EnrolmentTokens>
        ) throws(EnrolmentTokens.Refusal) -> Done {
            guard turn.wallTime < token.until, state.forgotten < token.until else { throw .ended }
            if let known = state.spent.first(where: { $0.tokenID == token.tokenID }) {
                guard known.keyID == token.keyID, known.identity == token.identity else { throw .spentByAnother }
                return Done()
            }
            let now = turn.wallTime
            let staying = state.spent.count { $0.until > now }
            guard staying < Limits.Enrolment.maximumSpentTokens else { throw .tooMany }
            if staying < state.spent.count { turn.emit(.forgotten(until: now)) }
            turn.emit(.spent(token))
            return Done()
        }

        package func encode(into writer: inout WireWriter) { token.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { token = try SpentToken(from: &reader) }
    }

    /// The alarm: lets go what has ended; replies with how many are still in mind.
    package struct Forget: Command {
        package typealias Target = EnrolmentTokens
        package typealias Reply = UInt64
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 2

        /// The only one.
        package init() {}

        package func decide(_ state: EnrolmentTokens, _ turn: inout Turn<EnrolmentTokens>) -> UInt64 {
            let now = turn.wallTime
            let staying = state.spent.count { $0.until > now }
            if staying < state.spent.count { turn.emit(.forgotten(until: now)) }
            return UInt64(staying)
        }

        package func encode(into writer: inout WireWriter) { Done().encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { _ = try Done(from: &reader) }
    }
}

extension EnrolmentTokens {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        spent.encode(into: &writer)
        writer.write(forgotten)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        spent = try [SpentToken](from: &reader)
        forgotten = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension EnrolmentTokens.SpentToken: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(tokenID)
        writer.write(identity)
        writer.write(keyID)
        writer.write(until)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        tokenID = try reader.readUniqueID()
        identity = try reader.readIdentity()
        keyID = try reader.readDigest()
        until = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension EnrolmentTokens.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        switch self {
        case .spent(let token):
            writer.write(UInt64(0))
            token.encode(into: &writer)
        case .forgotten(let until):
            writer.write(UInt64(1))
            writer.write(until)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        switch try reader.readUInt64() {
        case 0: self = .spent(try EnrolmentTokens.SpentToken(from: &reader))
        case 1: self = .forgotten(until: try reader.readTime())
        default: throw WireError(.invalidValue, "no such event")
        }
        try reader.endRecord(tail)
    }
}
