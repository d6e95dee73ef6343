internal import MeshCore

/// Which requests of the peer may be read and begun, and which wait: by the room for their answers.
extension PeerLink {
    /// Whether a request may be read; if not it is told by ``ServedRequest/roomHasCome()``, or has no place.
    func wantsToRead(_ request: ServedRequest) -> RoomAnswer {
        waitingForRoom.isEmpty && hasRoom ? .now : wait(request, at: waitingForRoom.count)
    }

    /// Whether a request that is there as a whole may be begun, as above; one whose turn it is keeps its place.
    func wantsToBegin(_ request: ServedRequest, isItsTurn: Bool) -> RoomAnswer {
        if isItsTurn || waitingForRoom.isEmpty, hasRoom, core.answers.mayBegin(self) { return .now }
        return wait(request, at: isItsTurn ? 0 : waitingForRoom.count)
    }

    private func wait(_ request: ServedRequest, at place: Int) -> RoomAnswer {
        guard waitingForRoom.count < Limits.Link.maximumWaiting else { return .never }
        waitingForRoom.insert(request, at: place)
        return .later
    }

    /// Nobody wants the answer of `request` any more: it gives its place to another.
    func stopsWaiting(_ request: ServedRequest) { waitingForRoom.removeAll { $0 === request } }

    enum RoomAnswer { case now, later, never }

    /// Only answers count: a stream of bytes waits for the peer by itself, for as long as it likes.
    private var hasRoom: Bool { budget.mayBegin(unreadBytes: connection?.unreadAnswerBytes ?? 0) }

    /// Requests of the peer that are being handled.
    var runningRequests: Int { budget.running }

    /// What one more answer is expected to weigh.
    var expectedAnswerBytes: Int { budget.expectedBytes(orUnknown: core.answers.unknownAnswerBytes) }

    /// Returns what its answer is expected to weigh, to be given back at its end.
    func requestBegan() -> Int {
        let expected = expectedAnswerBytes
        budget.began()
        core.answers.began(expectedBytes: expected)
        return expected
    }

    func requestEnded(expectedBytes: Int, answerBytes: Int) {
        budget.ended(bytes: answerBytes)
        core.answers.ended(expectedBytes: expectedBytes, bytes: answerBytes)
    }

    func answerWasRead() { hasReadAnswers = true }

    /// Something has been read or will never be: those that wait may have their turn.
    func roomMayHaveCome() {
        goOn()
        core.answers.roomMayHaveCome()
    }

    /// Its turn among all links has come: one request goes on, and the link waits again with the next.
    func itsTurnHasCome() {
        if canGoOn { waitingForRoom.removeFirst().roomHasCome() }
        goOn()
    }

    private func goOn() {
        while canGoOn, let next = waitingForRoom.first, !next.isWhole || core.answers.mayBegin(self) {
            waitingForRoom.removeFirst().roomHasCome()
        }
    }

    /// Not while the connection ends: its streams go one by one, and each would make room for the next.
    private var canGoOn: Bool { connection.map { !$0.isOver } == true && !waitingForRoom.isEmpty && hasRoom }

    /// What `request` keeps of its frame has changed by so many bytes.
    ///
    /// The older ones go on: were all refused, or made to wait, none would ever be whole.
    func keeps(_ change: Int, for request: ServedRequest) {
        guard change != 0 else { return }
        unfinishedBytes += change
        connection?.keeps(change)
        unfinished[request.id] = request.unfinishedBytes > 0 ? request : nil
        while unfinishedBytes > Limits.Link.maximumUnfinishedBytes, let newest = unfinished.keys.max() {
            unfinished[newest]?.refuseForRoom()
        }
    }
}
