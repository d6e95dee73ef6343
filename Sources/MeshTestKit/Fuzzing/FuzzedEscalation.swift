internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshJSON
internal import MeshSessions
internal import MeshWire

/// What applications, edges and hubs say of questions and answers, and what a journal holds of sessions, under attack.
enum FuzzedEscalation {
    /// A request that is read is written and read again, and becomes a prompt and bytes that a hub takes.
    static func checkRequest(_ input: UnsafeRawBufferPointer) {
        guard let request = try? EscalationRequest.read(Array(input)) else { return }
        let written = JSONWriter.bytes(of: request.json)
        precondition((try? EscalationRequest.read(written)) == request, "our own request is refused")
        let question = request.question.mapTexts { SampleTunnelText($0.text) }
        precondition((try? Question<SampleTunnelText>(wireBytes: question.wireBytes)) == question, "a hub refuses it")
        let prompt = EscalationPrompt(request.question, model: "m")
        precondition(prompt.request.messages.last?.text.hasSuffix(request.question.query.text) == true, "no question")
    }

    /// An answer is the same however it is cut, and nothing follows its end; the first byte says how it is.
    static func checkAnswer(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let stream = Array(input.dropFirst())
        let whole = items(of: stream, piece: max(1, stream.count))
        let cut = items(of: stream, piece: Int(first) + 1)
        precondition(whole.error == cut.error, "cutting the answer elsewhere changed whether it can be read")
        guard whole.error == nil else { return }
        precondition(whole.items == cut.items, "cutting the answer elsewhere changed it")
        precondition(whole.items.dropLast().allSatisfy { !$0.isLast }, "something follows the end")
        let again = items(of: whole.items.flatMap(\.streamBytes), piece: 7)
        precondition(again.items == whole.items, "what we write is read otherwise")
        var receipts = ReceiptDecoder()
        _ = try? receipts.take(stream)
    }

    /// What stands in a journal or a snapshot is a value that spells itself, or is refused.
    static func checkSession(_ input: UnsafeRawBufferPointer) {
        check(Session.self, input)
        check(Session.Event.self, input)
        check(SessionIndex.self, input)
        check(SessionIndex.Event.self, input)
        check(AskQueue.self, input)
        check(AskQueue.Event.self, input)
        check(SessionContextChange.self, input)
        // An event is taken in without a trap, wherever it stands.
        var session = Session(key: "a//b")
        let position = EventPosition(head: Head(rawValue: 1), index: 0)
        if let event = try? Session.Event(wireBytes: input.bytes) { session.apply(event, at: position) }
        var queue = AskQueue(key: "a")
        if let event = try? AskQueue.Event(wireBytes: input.bytes) { queue.apply(event, at: position) }
    }

    private static func check<Value: WireCodable>(_ type: Value.Type, _ input: UnsafeRawBufferPointer) {
        guard let value = try? Value(wireBytes: input.bytes) else { return }
        let spelled = value.wireBytes
        precondition((try? Value(wireBytes: spelled))?.wireBytes == spelled, "our own bytes are refused")
    }

    private static func items(of stream: [UInt8], piece: Int) -> (items: [AnswerItem], error: EscalationErrorCode?) {
        var decoder = AnswerDecoder()
        var items: [AnswerItem] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            do throws(EscalationFailure) {
                items += try decoder.take(Array(stream[start..<min(start + piece, stream.count)]))
            } catch {
                return (items, error.code)
            }
        }
        return (items, nil)
    }
}
