import MeshCore
import MeshHTTP
import Testing

@Suite struct `The deadlines of a request` {
    private let timeouts = ClientTimeouts(
        waiting: .seconds(1),
        connect: .seconds(2),
        firstByte: .seconds(3),
        idle: .seconds(4),
        whole: .seconds(60)
    )

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test(arguments: [
        (TransferDeadlines.Phase.waiting, 1 as Int64?, "no place among the connections in 1s"),
        (.connecting, 2, "no connection in 2s"),
        (.sending, 4, "the server took nothing of the body for 4s"),
        (.awaitingHead, 3, "the server did not begin to answer in 3s"),
        (.receiving, 4, "the server sent nothing of the body for 4s"),
        (.pausedSending, nil, ""), (.held, nil, ""),
    ])
    func `are those of what it waits for`(phase: TransferDeadlines.Phase, seconds: Int64?, text: String) {
        var deadlines = TransferDeadlines(timeouts, now: at(0))
        deadlines.entered(phase, now: at(10))
        #expect(deadlines.nextDeadline == at(seconds.map { 10 + $0 } ?? 60))
        guard let seconds else { return #expect(deadlines.missed(at: at(59)) == nil) }
        #expect(deadlines.missed(at: Instant(nanoseconds: at(10 + seconds).nanoseconds - 1)) == nil)
        #expect(deadlines.missed(at: at(10 + seconds)) == text)
        // A step further in the same phase.
        deadlines.entered(phase, now: at(20))
        #expect(deadlines.missed(at: at(10 + seconds)) == nil)
    }

    @Test(arguments: [TransferDeadlines.Phase.receiving, .held, .pausedSending])
    func `end with that of the whole, whoever is slow`(phase: TransferDeadlines.Phase) {
        var deadlines = TransferDeadlines(timeouts, now: at(0))
        deadlines.entered(phase, now: at(58))
        #expect(deadlines.nextDeadline == at(60))
        #expect(deadlines.missed(at: at(60)) == "the request took longer than 1m")
        deadlines.entered(.over, now: at(61))
        #expect(deadlines.nextDeadline == nil)
        #expect(deadlines.missed(at: at(99)) == nil)
    }

    @Test func `are none where none were asked for`() {
        let none = ClientTimeouts(waiting: nil, connect: nil, firstByte: nil, idle: nil, whole: nil)
        var deadlines = TransferDeadlines(none, now: at(0))
        for phase in [TransferDeadlines.Phase.waiting, .connecting, .sending, .awaitingHead, .receiving, .held] {
            deadlines.entered(phase, now: at(1))
            #expect(deadlines.nextDeadline == nil)
        }
    }
}
