internal import MeshActors
internal import MeshCore
internal import MeshStore
internal import MeshWire

/// A decoder under attack: any bytes may come, and only a broken promise may trap.
///
/// The same list serves libFuzzer (`scripts/fuzz`), which looks for new inputs, and the corpus test, which replays
/// those kept in `Tests/Corpus/<name>/` on every run.
package struct FuzzTarget: Sendable {
    /// The word on the command line, and the folder of its corpus.
    package let name: String

    /// Feeds one input; traps when a promise is broken.
    package let run: @Sendable (UnsafeRawBufferPointer) -> Void

    /// The target `name`.
    package init(name: String, run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.run = run
    }

    /// Every target.
    package static let all: [FuzzTarget] = [
        FuzzTarget(name: "items") { checkItems($0) },
        FuzzTarget(name: "record") { checkRoundTrip(SampleTransfer.self, $0) },
        FuzzTarget(name: "map") { checkRoundTrip([String: [UInt64]].self, $0) },
        FuzzTarget(name: "hello") { checkRoundTrip(Hello.self, $0) },
        FuzzTarget(name: "error-frame") { checkRoundTrip(ErrorFrame.self, $0) },
        FuzzTarget(name: "frames") { checkFrames($0) },
        FuzzTarget(name: "text") { checkText($0) },
        FuzzTarget(name: "actor-call") { checkRoundTrip(ActorCall.self, $0) },
        FuzzTarget(name: "actor-reply") { checkRoundTrip(ActorReply.self, $0) },
        FuzzTarget(name: "store-record") { checkStoreRecord($0) },
        FuzzTarget(name: "first-packets") { FuzzedEndpoint.check($0) },
        FuzzTarget(name: "link-streams") { FuzzedLink.check($0) },
    ]

    /// The target called `name`.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    // MARK: Promises

    /// Skipping an item and reading it by its kind agree on where it ends.
    private static func checkItems(_ input: UnsafeRawBufferPointer) {
        var skipper = WireReader(input.bytes)
        var reader = WireReader(input.bytes)
        while skipper.remaining > 0 {
            let start = skipper.offset
            let isSkipped = (try? skipper.skipItem()) != nil
            let isRead = (try? readItem(&reader, input)) != nil
            guard isSkipped else { return precondition(!isRead, "what cannot be skipped cannot be read") }
            precondition(skipper.offset > start && skipper.offset <= input.count, "an item is some bytes, all there")
            guard isRead else { return }  // text that is not UTF-8, an integer beyond 63 bits
            precondition(reader.offset == skipper.offset, "skipping and reading disagree on an item's end")
        }
    }

    /// Reads one item with the method for its kind; what stands inside arrays and maps the same way.
    private static func readItem(
        _ reader: inout WireReader,
        _ input: UnsafeRawBufferPointer
    ) throws(WireError) {
        if try reader.readNil() { return }
        let first = input[reader.offset]
        switch first >> 5 {
        case 0: _ = try reader.readUInt64()
        case 1: _ = try reader.readInt64()
        case 2: _ = try reader.readBytes()
        case 3: _ = try reader.readText()
        case 4:
            for _ in 0..<(try reader.beginArray()) { try readItem(&reader, input) }
            reader.endNesting()
        case 5:
            for _ in 0..<2 * (try reader.beginMap()) { try readItem(&reader, input) }
            reader.endNesting()
        case 7 where first >= 0xF9: _ = try reader.readDouble()
        default: _ = try reader.readBool()
        }
    }

    /// What was read can be written and read again, and then has one spelling, by which values are compared.
    private static func checkRoundTrip<Value: WireCodable>(_ type: Value.Type, _ input: UnsafeRawBufferPointer) {
        guard let value = try? Value(wireBytes: input.bytes) else { return }
        let spelled = value.wireBytes
        do {
            let again = try Value(wireBytes: spelled)
            precondition(again.wireBytes == spelled, "one value, one spelling")
        } catch {
            preconditionFailure("our own bytes are refused: \(error)")
        }
    }

    /// Frames come out the same however the bytes are cut; the first byte says how.
    private static func checkFrames(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let stream = Array(input.dropFirst())
        let whole = frames(of: stream, piece: max(1, stream.count))
        precondition(frames(of: stream, piece: Int(first) + 1) == whole, "cutting the stream elsewhere changed it")
    }

    private struct Outcome: Equatable {
        var frames: [Frame] = []
        var error: WireErrorCode?
        var isBetweenFrames = true
    }

    private static func frames(of stream: [UInt8], piece: Int) -> Outcome {
        var decoder = FrameDecoder()
        var outcome = Outcome()
        for start in stride(from: 0, to: stream.count, by: piece) {
            let bytes = stream[start..<min(start + piece, stream.count)]
            var offset = 0
            do {
                while let frame = try decoder.next(in: bytes.span.bytes, from: &offset) { outcome.frames.append(frame) }
            } catch {
                outcome.error = error.code
                break
            }
        }
        outcome.isBetweenFrames = decoder.isBetweenFrames
        return outcome
    }

    /// A record's body: whoever reads only its head sees the head of the whole.
    private static func checkStoreRecord(_ input: UnsafeRawBufferPointer) {
        guard let record = try? StoreRecord(body: input) else { return }
        precondition((try? StoreRecord.head(of: input)) == record.head, "a record has one head")
    }

    /// Text forms that people type: what is accepted spells itself again.
    private static func checkText(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        if let bytes = Base64URL.decode(text) {
            precondition(Base64URL.encode(bytes) == text, "one spelling of base64url")
        }
        if let bytes = Hexadecimal.decode(text) {
            precondition(Hexadecimal.encode(bytes) == text.lowercased(), "one spelling of hexadecimal but for case")
        }
        if let id = UniqueID(text) {
            precondition(id.description == text.lowercased(), "one spelling of an id but for case")
        }
        if let id = try? NodeID(text) {
            precondition(id.text == text, "an identifier is its text")
        }
        precondition(text.cut(toBytes: 7).utf8.count <= 7, "a cut keeps its bound")
    }
}
