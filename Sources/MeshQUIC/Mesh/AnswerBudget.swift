internal import MeshCore

/// How many requests of one peer may be handled: as many as their answers have room, though none is known before it is
/// made.
///
/// A peer that does not read its answers is therefore asked to wait by its own full window, and one that reads never
/// notices.
package struct AnswerBudget {
    /// Requests that are being handled.
    package private(set) var running = 0
    private var isKnown = false
    /// The mean of late, in which each answer counts an eighth.
    private var expectedBytes = Limits.Link.smallestAnswerBytes

    /// Nothing is known of the peer yet.
    package init() {}

    /// Whether one more may be begun while `unreadBytes` of earlier answers have not been read.
    package func mayBegin(unreadBytes: Int) -> Bool {
        guard unreadBytes < Limits.Link.maximumUnreadBytes else { return false }
        return running < Limits.Link.alwaysHandled
            || unreadBytes + (running + 1) * expectedBytes <= Limits.Link.maximumUnreadBytes
    }

    /// What one more answer is expected to weigh, `unknownBytes` while none is known.
    package func expectedBytes(orUnknown unknownBytes: Int) -> Int { isKnown ? expectedBytes : unknownBytes }

    /// A request is being handled.
    package mutating func began() { running += 1 }

    /// A request has been answered with `bytes`, or with nothing.
    package mutating func ended(bytes: Int) {
        running -= 1
        // The first says more than our guess.
        let mean = isKnown ? expectedBytes + (bytes - expectedBytes) / 8 : bytes
        isKnown = true
        expectedBytes = max(Limits.Link.smallestAnswerBytes, mean)
    }
}
