internal import MeshChat
internal import MeshCore
internal import MeshDialects
package import MeshJSON

/// Something that happens in an answer that comes word by word.
package enum AnswerEvent: Hashable, Sendable {
    /// It begins.
    case started(JSONValue)
    /// These words follow.
    case words(String)
    /// What the model thinks on the way.
    case thinking(String)
    /// It is whole.
    case ended(AnswerEnd)
    /// It breaks off, or never began: a refusal as the gateway words it.
    case failed(JSONValue)
}

/// Reads the events of an answer, however their bytes are cut, and sees that nothing of it is missing.
package struct AnswerReading: Sendable {
    private var events = StreamedEventReader()
    private var length = 0
    /// Whether words have come.
    package private(set) var hasBegun = false
    private var isOver = false

    /// A reading at the beginning.
    package init() {}

    /// Takes the next piece.
    package mutating func feed(_ piece: [UInt8]) { events.feed(piece) }

    /// The next event that is complete; nil where more bytes are needed.
    package mutating func next() throws(GatewayFailure) -> AnswerEvent? {
        while let event = try streamed() {
            if let known = try read(event) { return known }
        }
        return nil
    }

    /// The event that lacks only its last line end, where the stream is over; throws where the answer's own end has
    /// not come.
    package mutating func atEnd() throws(GatewayFailure) -> AnswerEvent? {
        let last: StreamedEvent?
        do throws(ChatError) { last = try events.atEnd() } catch {
            throw GatewayFailure(broken, "the answer cannot be read: \(error.message)", cause: error)
        }
        let event: AnswerEvent? = if let last { try read(last) } else { nil }
        guard isOver else {
            throw GatewayFailure(broken, "the answer breaks off: its gateway has closed the connection before its end")
        }
        return event
    }

    private mutating func streamed() throws(GatewayFailure) -> StreamedEvent? {
        do throws(ChatError) { return try events.next() } catch {
            throw GatewayFailure(broken, "the answer cannot be read: \(error.message)", cause: error)
        }
    }

    private mutating func read(_ event: StreamedEvent) throws(GatewayFailure) -> AnswerEvent? {
        // Whatever follows the end is not part of the answer.
        guard !isOver else { return nil }
        guard let json = try? JSONReader.read(event.data) else {
            throw GatewayFailure(broken, "the answer cannot be read: an event of it is no JSON")
        }
        switch event.name {
        case "started": return .started(json)
        case "chunk": return try words(json)
        case "thinking": return .thinking(json["text"]?.text ?? "")
        case "end":
            isOver = true
            let end = AnswerEnd(json)
            guard end.length.map({ $0 == Int64(length) }) ?? true else {
                throw GatewayFailure(.brokenOff, "the answer is not whole: \(length) bytes of it have come, not all")
            }
            return .ended(end)
        case "error":
            isOver = true
            return .failed(json)
        default: return nil  // what a newer gateway says beside it
        }
    }

    private mutating func words(_ json: JSONValue) throws(GatewayFailure) -> AnswerEvent {
        guard let text = json["text"]?.text, json["offset"].map({ $0.integer == Int64(length) }) ?? true else {
            throw GatewayFailure(.brokenOff, "the answer is not whole: a piece of it is missing at byte \(length)")
        }
        length += text.utf8.count
        hasBegun = hasBegun || !text.isEmpty
        guard length <= Limits.Commands.maximumAnswerBytes else {
            throw GatewayFailure(
                .brokenOff,
                "the answer has more than \(Words.bytes(UInt64(Limits.Commands.maximumAnswerBytes)))"
            )
        }
        return .words(text)
    }

    private var broken: GatewayFailureCode { hasBegun ? .brokenOff : .notAGateway }
}
