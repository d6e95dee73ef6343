internal import MeshCore
internal import MeshWire

/// An actor's value on its way from snapshot and journal to its head.
///
/// Pure.
package struct ReplayedActor<Value: Journaled>: ~Copyable {
    let address: ActorAddress
    let epoch: Epoch
    let snapshotHead: Head
    private let claimedHead: Head

    /// Up to where it has been told again.
    package private(set) var head: Head
    /// The value there.
    package private(set) var value: Value
    private(set) var answers = RememberedAnswers()

    /// The actor at the snapshot of `claim`, or at its beginning.
    package init(_ address: ActorAddress, _ claim: Claim) throws(ActorError) {
        self.address = address
        epoch = claim.epoch
        claimedHead = claim.head
        guard let snapshot = claim.snapshot else {
            head = .none
            snapshotHead = .none
            value = Value(key: address.key)
            return
        }
        do throws(WireError) {
            let contents = try ActorSnapshot<Value>(wireBytes: snapshot.bytes)
            value = contents.value
            answers = contents.answers
            #if PLANTED_BUGS
            if PlantedBug.forgetAnswersInSnapshot.isOn { answers = RememberedAnswers() }
            #endif
        } catch {
            throw ActorError(.corrupt, "the snapshot of \(address) cannot be read", cause: error)
        }
        head = snapshot.head
        snapshotHead = snapshot.head
    }

    /// Whether everything has been read that the claim spoke of.
    package var isComplete: Bool { head >= claimedHead }

    /// Takes in the entries behind ``head``.
    package mutating func replay(_ entries: [PlacedEntry]) throws(ActorError) {
        for placed in entries {
            guard placed.head == head.advanced(by: 1) else {
                throw ActorError(.corrupt, "\(address) lacks the entry behind \(head.rawValue)")
            }
            for (index, bytes) in placed.entry.events.enumerated() {
                value.apply(try event(bytes, placed.head), at: EventPosition(head: placed.head, index: index))
            }
            head = placed.head
            #if PLANTED_BUGS
            if PlantedBug.forgetAnswersInReplay.isOn { continue }
            #endif
            answers.remember(placed.entry.command, placed.entry.answer, at: placed.wallTime)
        }
    }

    private func event(_ bytes: [UInt8], _ head: Head) throws(ActorError) -> Value.Event {
        do throws(WireError) {
            return try Value.Event(wireBytes: bytes)
        } catch {
            throw ActorError(.corrupt, "an event of \(address) at \(head.rawValue) cannot be read", cause: error)
        }
    }
}

/// What a snapshot holds: a number for its format, the value, the answers.
struct ActorSnapshot<Value: Journaled>: WireCodable {
    let value: Value
    let answers: RememberedAnswers

    init(value: Value, answers: RememberedAnswers) {
        self.value = value
        self.answers = answers
    }

    func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(Self.formatVersion)
        value.encode(into: &writer)
        answers.encode(into: &writer)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let version = try reader.readUInt64()
        guard version == Self.formatVersion else {
            throw WireError(.invalidValue, "a snapshot in format \(version); this version reads \(Self.formatVersion)")
        }
        value = try Value(from: &reader)
        answers = try RememberedAnswers(from: &reader)
        try reader.endRecord(tail)
    }

    private static var formatVersion: UInt64 { 1 }
}
