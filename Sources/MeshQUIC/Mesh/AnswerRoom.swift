internal import MeshCore
internal import MeshIO

/// How much room there is for the answers of all links together.
///
/// What is written and not read is held to its bound by closing those who do not read. This keeps what is still being
/// made beside it small: all handlers that run in one turn of the loop may make their answers before the first of them
/// is written. A request that finds no room waits, and links are served by turns; since nobody knows how long a handler
/// takes, some begin without room after a while.
///
/// Confined to the loop.
final class AnswerRoom {
    private let loop: EventLoop
    private let maximumUnreadBytes: Int
    /// What the answers that are being made are expected to weigh.
    private var expectedBytes = 0
    /// What an answer of a link weighs that has not given any: the largest of late, of which little is kept for long.
    private(set) var unknownAnswerBytes = Limits.Endpoint.largestAnswerBytes
    /// Those that have read answers, who have a share of their own, and those of whom nothing is known.
    private var (waitingReaders, waiting): ([PeerLink], [PeerLink]) = ([], [])
    private lazy var patience = LoopTimer(handler: self)

    init(loop: EventLoop, _ maximumUnreadBytes: Int) {
        self.loop = loop
        self.maximumUnreadBytes = maximumUnreadBytes
    }

    /// Whether `link` may begin a request; if not it is told by ``PeerLink/itsTurnHasCome()``.
    func mayBegin(_ link: PeerLink) -> Bool {
        if hasRoom(for: link), waiting.isEmpty || link.hasReadAnswers { return true }
        wait(link)
        return false
    }

    /// Whoever has read answers before has a share that those cannot take of whom nothing is known.
    private func hasRoom(for link: PeerLink) -> Bool {
        let spare = Limits.Endpoint.answersUnderWayBytes
        let room = maximumUnreadBytes + (link.hasReadAnswers ? spare : spare / 4 * 3)
        return (link.core.quic?.unreadBytes ?? 0) + expectedBytes + link.expectedAnswerBytes <= room
    }

    private func wait(_ link: PeerLink) {
        guard !link.waitsForTurn else { return }
        link.waitsForTurn = true
        if link.hasReadAnswers { waitingReaders.append(link) } else { waiting.append(link) }
        if !patience.isScheduled { loop.schedule(patience, at: loop.now + Limits.Endpoint.answerPatience) }
    }

    func began(expectedBytes: Int) { self.expectedBytes += expectedBytes }

    func ended(expectedBytes: Int, bytes: Int) {
        self.expectedBytes -= expectedBytes
        let less = unknownAnswerBytes - (unknownAnswerBytes - bytes) / 64
        unknownAnswerBytes = max(Limits.Link.smallestAnswerBytes, bytes, less)
    }

    /// Something has been read, answered or given up: those that wait may have their turn.
    func roomMayHaveCome() {
        while let next = waitingReaders.first, hasRoom(for: next) {
            giveTurn(to: waitingReaders.removeFirst())
        }
        while let next = waiting.first, hasRoom(for: next) { giveTurn(to: waiting.removeFirst()) }
    }

    private func giveTurn(to link: PeerLink) {
        link.waitsForTurn = false
        link.itsTurnHasCome()
    }

    /// `link` is over.
    func leaves(_ link: PeerLink) {
        if link.waitsForTurn {
            waitingReaders.removeAll { $0 === link }
            waiting.removeAll { $0 === link }
        }
        link.waitsForTurn = false
        roomMayHaveCome()
    }
}

extension AnswerRoom: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        for _ in 0..<Limits.Endpoint.begunWithoutRoom {
            if !waitingReaders.isEmpty {
                giveTurn(to: waitingReaders.removeFirst())
            } else if !waiting.isEmpty {
                giveTurn(to: waiting.removeFirst())
            }
        }
        guard !waitingReaders.isEmpty || !waiting.isEmpty else { return }
        loop.schedule(patience, at: loop.now + Limits.Endpoint.answerPatience)
    }
}
