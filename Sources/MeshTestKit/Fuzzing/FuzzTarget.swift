internal import MeshActors
internal import MeshCertificates
internal import MeshCheck
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
        FuzzTarget(name: "traceparent") { checkTrace($0) },
        FuzzTarget(name: "actor-call") { checkActorCall($0) },
        FuzzTarget(name: "actor-reply") { checkActorReply($0) },
        FuzzTarget(name: "store-record") { checkStoreRecord($0) },
        FuzzTarget(name: "api-key") { FuzzedKeys.check($0) },
        FuzzTarget(name: "pem") { checkPEM($0) },
        FuzzTarget(name: "certificate") { checkCertificate($0) },
        FuzzTarget(name: "dns-message") { FuzzedNames.check($0) },
        FuzzTarget(name: "json") { FuzzedJSON.check($0) },
        FuzzTarget(name: "beat") { FuzzedBeat.check($0) },
        FuzzTarget(name: "first-packets") { FuzzedEndpoint.check($0) },
        FuzzTarget(name: "link-streams") { FuzzedLink.check($0) },
        FuzzTarget(name: "http-request") { FuzzedRequests.checkStream($0) },
        FuzzTarget(name: "http-chunked") { FuzzedRequests.checkChunks($0) },
        FuzzTarget(name: "http-target") { FuzzedRequests.checkTarget($0) },
        FuzzTarget(name: "http-fields") { FuzzedRequests.checkFields($0) },
        FuzzTarget(name: "client-url") { FuzzedAnswers.checkURL($0) },
        FuzzTarget(name: "response-head") { FuzzedAnswers.checkHead($0) },
        FuzzTarget(name: "web-socket") { FuzzedWebSocket.check($0) },
        FuzzTarget(name: "streamed-events") { FuzzedDialects.checkEvents($0) },
        FuzzTarget(name: "provider-answer") { FuzzedDialects.checkAnswers($0) },
        FuzzTarget(name: "chat-request") { FuzzedDialects.checkRequests($0) },
        FuzzTarget(name: "gguf") { FuzzedModels.checkGGUF($0) },
        FuzzTarget(name: "safetensors") { FuzzedModels.checkSafetensors($0) },
        FuzzTarget(name: "adapter-conversion") { FuzzedModels.checkConversion($0) },
        FuzzTarget(name: "chat-template") { FuzzedForms.checkTemplate($0) },
        FuzzTarget(name: "grammar-schema") { FuzzedForms.checkSchema($0) },
        FuzzTarget(name: "answer-text") { FuzzedModels.checkAnswerText($0) },
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

    /// A trace that is read is written as one spelling, which says the same; of version 00 it is what was read.
    private static func checkTrace(_ input: UnsafeRawBufferPointer) {
        guard let trace = TraceContext(traceparent: input) else { return }
        let text = trace.traceparent
        precondition(TraceContext(traceparent: text.utf8) == trace, "a trace changes on its way")
        precondition(text.utf8.dropFirst(2).prefix(51).elementsEqual(input.dropFirst(2).prefix(51)), "another trace")
        precondition(trace.traceID == text.dropFirst(3).prefix(32), "a trace has one number")
    }

    /// What stands around a command's fields comes back the same, and the fields are a command or are refused.
    private static func checkActorCall(_ input: UnsafeRawBufferPointer) {
        guard let call = try? ActorCall(payload: Array(input)) else { return }
        let transfer = try? call.body.read(as: SampleAccount.Transfer.self)
        let payload = transfer.map { ActorCall.payload(call.head, $0) } ?? ActorCall.payload(call.head, Done())
        guard let payload, let again = try? ActorCall(payload: payload) else {
            preconditionFailure("a call that was read cannot be written")
        }
        precondition(again.head == call.head, "a call changes on its way")
        let isSame = (try? again.body.read(as: SampleAccount.Transfer.self))?.wireBytes == transfer?.wireBytes
        precondition(isSame, "a command changes on its way")
    }

    /// The same for replies.
    private static func checkActorReply(_ input: UnsafeRawBufferPointer) {
        guard let reply = try? ActorReply(payload: Array(input)) else { return }
        switch reply {
        case .value(let body), .refusal(let body): _ = try? body.read(as: SampleAccount.Refusal.self)
        case .other(let obstacle):
            guard case .other(obstacle)? = try? ActorReply(payload: obstacle.payload) else {
                preconditionFailure("a reply changes on its way")
            }
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

    /// What is read of PEM spells itself again, under the same label.
    private static func checkPEM(_ input: UnsafeRawBufferPointer) {
        guard let blocks = try? PEM.blocks(in: input) else { return }
        precondition((1...Limits.Certificate.maximumBlocks).contains(blocks.count), "the number of blocks has a bound")
        for block in blocks where !block.isEncrypted {
            guard let bytes = try? PEM.decode(block, in: input).array else { continue }
            let text = bytes.span.withUnsafeBytes { PEM.encode(block.label, $0) }
            text.withBytes { text in
                let again = try? PEM.blocks(in: text)
                precondition(again?.map(\.label) == [block.label], "our own text is refused")
                precondition(
                    again.flatMap { try? PEM.decode($0[0], in: text).array } == bytes,
                    "it says something else"
                )
            }
        }
    }

    /// A certificate says the same twice, names a node in one spelling, and is believed by nobody: the authority's key
    /// is lost, so that nothing but its own certificate carries its signature.
    private static func checkCertificate(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        let request = try? CertificateRequest(der: bytes)
        precondition(request == nil || request?.der == bytes, "a request is its bytes")
        guard let certificate = try? Certificate(der: bytes) else { return }
        precondition((try? Certificate(der: bytes)) == certificate, "a certificate says one thing")
        precondition(certificate.dnsNames.count <= Limits.Certificate.maximumNames, "names have a bound")
        if let peer = try? PeerCertificate(certificate) {
            precondition(certificate.uris == [peer.identity.text], "an identity has one spelling")
        }
        guard let verifier = LostAuthority.verifier else { preconditionFailure("our own authority is refused") }
        for purpose in [CertificatePurpose.client, .server] {
            let peer = try? verifier.verify(chain: [bytes], purpose: purpose, now: certificate.validity.notBefore)
            precondition(peer == nil, "a forged certificate is believed")
        }
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
