internal import MeshCore

/// An answer on its way piece by piece.
struct StreamedAnswer {
    /// Its status and fields, until the first piece takes them along.
    var head: HTTPResponse?

    /// How long it will be; nil where only its end says so.
    let length: UInt64?

    /// How its end is told.
    let framing: AnswerHead.Framing

    /// Bytes handed over.
    var written: UInt64 = 0

    init(_ response: HTTPResponse, length: UInt64?, version: HTTPVersion) {
        head = response
        self.length = length
        framing = length.map { .length($0) } ?? (version == .http10 ? .none : .chunked)
    }

    /// Whether so many bytes more are within the length.
    func hasRoom(for count: Int) -> Bool {
        guard let length else { return true }
        return UInt64(count) <= length - min(written, length)
    }

    /// Whether the length is kept.
    var isComplete: Bool { length.map { $0 == written } ?? true }

    static var wrongLength: HTTPError { HTTPError(.malformed, "the answer is not as long as it said") }
}
