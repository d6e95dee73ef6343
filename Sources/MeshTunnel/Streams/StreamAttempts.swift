internal import MeshActors
internal import MeshCore
internal import MeshWire

/// When a broken stream is begun again, and when it is given up: a stream that gets on is never given up.
struct StreamAttempts {
    /// Attempts in a row by which nothing passed.
    private(set) var withoutProgress = 0

    /// Something has passed.
    mutating func progressed() { withoutProgress = 0 }

    /// An attempt has failed: how long to pause before the next, or why there is none.
    mutating func failed(_ failure: TransportError) throws(StreamError) -> Duration {
        if let lasting = StreamError(lasting: failure) { throw lasting }
        withoutProgress += 1
        guard withoutProgress < Limits.Streams.attemptsWithoutProgress else {
            throw StreamError(.givenUp, "\(withoutProgress) attempts by which nothing passed", cause: failure)
        }
        // The first comes at once: the tunnel has paused by itself.
        let own = withoutProgress == 1 ? Duration.zero : Limits.Streams.firstPause * (1 << (withoutProgress - 2))
        let asked = (failure.cause as? ErrorFrame)?.retryAfterMilliseconds.map { Duration.milliseconds($0) } ?? .zero
        return min(Limits.Streams.longestPause, max(own, asked))
    }
}
