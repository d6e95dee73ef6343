/// The streams of a connection that have something to send, in the order of their turns.
struct StreamQueue {
    private var streams: [QUICStream] = []
    private var head = 0

    /// Whether nobody waits; of those who do some may have nothing left.
    var isEmpty: Bool { head == streams.count }

    /// Puts `stream` at the end, once.
    mutating func add(_ stream: QUICStream) {
        guard !stream.progress.isQueued else { return }
        stream.progress.isQueued = true
        streams.append(stream)
    }

    /// The stream whose turn it is; those that have nothing to send, or may not, lose their place on the way.
    mutating func next() -> QUICStream? {
        while head < streams.count {
            let stream = streams[head]
            if stream.hasWork && !stream.progress.isBlocked { return stream }
            stream.progress.isQueued = false
            head += 1
        }
        streams.removeAll(keepingCapacity: true)
        head = 0
        return nil
    }

    /// The stream whose turn it was goes to the end if others wait, so that a large one does not hold up small ones.
    mutating func rotate() {
        guard streams.count - head > 1 else { return }
        let stream = streams[head]
        head += 1
        stream.progress.isQueued = false
        if stream.hasWork { add(stream) }
        if head >= Self.compacted {
            streams.removeFirst(head)
            head = 0
        }
    }

    /// Nobody's turn any more.
    mutating func removeAll() {
        for stream in streams[head...] { stream.progress.isQueued = false }
        streams = []
        head = 0
    }

    private static let compacted = 256
}
