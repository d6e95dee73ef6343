internal import MeshChat
internal import MeshHTTP

/// How one answer is asked for, and told in its client's words: what differs between chats and questions.
protocol AnswerTelling: Sendable {
    /// An answer that has begun.
    associatedtype Run: Sendable
    /// Who writes its events down, in order.
    associatedtype Writer: AnswerWriter

    /// What keeps a stream alive while nothing is said: whole lines with an empty one behind them.
    var pulse: [UInt8] { get }

    /// Begins it.
    func begin() async throws(ChatError) -> Run

    /// The answer itself.
    func answer(_ run: Run) -> any ChatAnswer

    /// Tells `record` who answers.
    func note(_ run: Run, in record: ChatRecord)

    /// The whole of it, for `request`.
    func whole(_ reply: ChatReply, of run: Run, for request: HTTPRequest) -> HTTPResponse

    /// Fields of a stream's head for `request`; of who answers only where that is known.
    func fields(of run: Run?, for request: HTTPRequest) -> HTTPFields

    /// A writer of the stream of `run`; nil where there is none, and an error is all that comes.
    func writer(of run: Run?) -> Writer
}

/// Writes an answer down as its client reads it.
protocol AnswerWriter: Sendable {
    /// What comes before the first event.
    mutating func opening() -> [UInt8]

    /// The bytes of an event; none where the client is not told of it.
    mutating func bytes(for event: ChatEvent) -> [UInt8]

    /// The bytes of an error, behind which nothing comes.
    mutating func bytes(for error: ChatError) -> [UInt8]
}
