import MeshChat
import MeshCore
import MeshEscalation
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The follower of an answer` {
    private let start = AnswerItem.event(.started(ChatStart(id: "a", model: "m")))
    private let end = AnswerEnd(reason: .endOfTurn, usage: .sample, cost: Money(nanodollars: 7))

    /// A stream that begins with the answer's number, in five bytes.
    private func bytes(_ items: AnswerItem...) -> [UInt8] { ([.opened(77)] + items).flatMap(\.streamBytes) }

    private func chunk(_ offset: Int, _ bytes: [UInt8]) -> StreamChunk {
        StreamChunk(offset: UInt64(offset), bytes: bytes)
    }

    private func refusal(_ code: PeerErrorCode, after: UInt32? = nil) -> ErrorFrame {
        ErrorFrame(code: code, message: "no", retryAfterMilliseconds: after)
    }

    private func begun(acknowledgementBytes: UInt64 = Limits.Escalation.acknowledgementBytes) -> AnswerFollower {
        var follower = AnswerFollower(deadline: instant(600), acknowledgementBytes: acknowledgementBytes)
        #expect(
            follower.begin(isConnected: true, now: instant(0)) == .open(attempt: 1, offset: 0, answer: nil, asks: true)
        )
        return follower
    }

    @Test func `hands over words as they come, the head with the first, and the end once`() {
        var follower = begun()
        let stream = bytes(start, .event(.text("Ro")), .event(.text("me")), .ended(end))
        let head = bytes(start).count
        #expect(follower.chunkArrived(chunk(0, Array(stream[..<head])), attempt: 1, now: instant(1)) == .none)
        let middle = head + AnswerItem.event(.text("Ro")).streamBytes.count + 2
        let started = ChatEvent.started(ChatStart(id: "a", model: "m"))
        #expect(
            follower.chunkArrived(chunk(head, Array(stream[head..<middle])), attempt: 1, now: instant(1))
                == .deliver([started, .text("Ro")])
        )
        #expect(
            follower.chunkArrived(chunk(middle, Array(stream[middle...])), attempt: 1, now: instant(2))
                == .finish([.text("me")], end)
        )
        #expect(follower.isOver && follower.nextDeadline == nil)
        #expect(follower.nextAcknowledgement() == UInt64(stream.count))
        #expect(follower.nextAcknowledgement() == nil)
        #expect(follower.chunkArrived(chunk(0, stream), attempt: 1, now: instant(2)) == .none)
        #expect(follower.cancelled() == .none)
        #expect(follower.streamCut(attempt: 1, now: instant(3), jitter: 0) == .none)
    }

    @Test func `puts pieces in order, and leaves out what it has`() {
        let stream = bytes(start, .event(.text("one")), .event(.text("two")), .event(.text("three")), .ended(end))
        for seed in 0..<200 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var follower = begun()
            var (said, ends): ([ChatEvent], Int) = ([], 0)
            var pieces: [StreamChunk] = []
            for _ in 0..<12 {
                let from = generator.integer(below: stream.count)
                let to = generator.integer(in: from + 1...stream.count)
                pieces.append(chunk(from, Array(stream[from..<to])))
            }
            for (index, byte) in stream.enumerated() {
                pieces.insert(chunk(index, [byte]), at: generator.integer(in: 0...pieces.count))
            }
            for piece in pieces {
                switch follower.chunkArrived(piece, attempt: 1, now: instant(1)) {
                case .deliver(let events): said += events
                case .finish(let events, end):
                    said += events
                    ends += 1
                case .none: break
                case let action: Issue.record("seed \(seed): \(action)")
                }
            }
            #expect(ends == 1, "seed \(seed)")
            #expect(said.dropFirst() == [.text("one"), .text("two"), .text("three")], "seed \(seed)")
        }
    }

    @Test func `asks for the rest after a cut, at once where something came`() {
        var follower = begun()
        let stream = bytes(start, .event(.text("one")), .event(.text("two")), .ended(end))
        _ = follower.chunkArrived(chunk(0, Array(stream[..<20])), attempt: 1, now: instant(1))
        #expect(
            follower.streamCut(attempt: 1, now: instant(1), jitter: 0)
                == .open(attempt: 2, offset: 20, answer: 77, asks: false)
        )
        // What is left of the stream before does not count.
        #expect(follower.chunkArrived(chunk(20, Array(stream[20...])), attempt: 1, now: instant(1)) == .none)
        guard case .finish = follower.chunkArrived(chunk(20, Array(stream[20...])), attempt: 2, now: instant(1)) else {
            Issue.record("the rest is the rest")
            return
        }
    }

    @Test func `pauses longer and longer while nothing comes, and gives up`() {
        var follower = begun()
        var (now, pauses): (Instant, [Duration]) = (instant(0), [])
        var attempt: UInt64 = 1
        var action = follower.streamCut(attempt: 1, now: now, jitter: 0)
        while true {
            switch action {
            case .open(let next, 0, nil, true):
                attempt = next
                action = follower.streamCut(attempt: attempt, now: now, jitter: UInt64(pauses.count))
            case .none:
                guard let until = follower.nextDeadline else {
                    Issue.record("no deadline")
                    return
                }
                pauses.append(until - now)
                now = until
                action = follower.deadlineReached(now: now)
            case .fail([], let failure):
                #expect(failure.code == .offline && !failure.hasBegun)
                #expect(attempt == UInt64(Limits.Escalation.attemptsWithoutProgress))
                #expect(pauses.first == Limits.Escalation.firstPause)
                #expect(pauses.allSatisfy { $0 <= Limits.Escalation.longestPause } && pauses.count == 8)
                return
            default:
                Issue.record("\(action)")
                return
            }
        }
    }

    @Test func `an edge without a hub says so at once`() {
        var follower = AnswerFollower(deadline: instant(600))
        guard case .fail([], let failure) = follower.begin(isConnected: false, now: instant(0)) else {
            Issue.record("it waits")
            return
        }
        #expect(failure.code == .offline && follower.isOver)
    }

    @Test func `bytes of an answer without its number are nobody's, and are asked for again`() {
        var follower = begun()
        #expect(follower.chunkArrived(chunk(0, [0x44, 0x82, 0x0B]), attempt: 1, now: instant(1)) == .none)
        #expect(follower.received == 3)
        let action = follower.streamCut(attempt: 1, now: instant(1), jitter: 0)
        #expect(action == .open(attempt: 2, offset: 0, answer: nil, asks: true))
        // And nothing comes before the number, or another number behind it.
        for items in [[start], [.opened(77), .opened(77)], [.event(.text("x"))]] as [[AnswerItem]] {
            var other = begun()
            let action = other.chunkArrived(chunk(0, items.flatMap(\.streamBytes)), attempt: 1, now: instant(1))
            guard case .fail([], let failure) = action else {
                Issue.record("\(action)")
                return
            }
            #expect(failure.code == .answerMalformed)
        }
    }

    @Test func `asks anew where the hub has lost what nobody has seen, and says so where somebody has`() {
        var follower = begun()
        _ = follower.chunkArrived(chunk(0, bytes(start)), attempt: 1, now: instant(1))
        #expect(
            follower.streamCut(attempt: 1, now: instant(1), jitter: 0)
                == .open(attempt: 2, offset: 12, answer: 77, asks: false)
        )
        let action = follower.streamRefused(refusal(.notFound), attempt: 2, now: instant(1), jitter: 0)
        #expect(action == .open(attempt: 3, offset: 0, answer: nil, asks: true))
        // The new answer counts alone: its head is not said twice.
        let stream = bytes(start, .event(.text("one")))
        let said: [ChatEvent] = [.started(ChatStart(id: "a", model: "m")), .text("one")]
        #expect(follower.chunkArrived(chunk(0, stream), attempt: 3, now: instant(2)) == .deliver(said))
        _ = follower.streamCut(attempt: 3, now: instant(2), jitter: 0)
        guard
            case .fail([], let failure) = follower.streamRefused(
                refusal(.notFound),
                attempt: 4,
                now: instant(2),
                jitter: 0
            )
        else {
            Issue.record("an answer is begun anew in its middle")
            return
        }
        #expect(failure.code == .interrupted && failure.hasBegun)
    }

    @Test(arguments: [
        (PeerErrorCode.conflict, EscalationErrorCode.conflict), (.protocolViolation, .refused),
        (.unknownFrameType, .refused), (.frameTooLarge, .refused),
    ])
    func `a refusal for good is an error`(_ code: PeerErrorCode, _ expected: EscalationErrorCode) {
        var follower = begun()
        guard
            case .fail([], let failure) = follower.streamRefused(refusal(code), attempt: 1, now: instant(0), jitter: 0)
        else {
            Issue.record("it goes on")
            return
        }
        #expect(failure.code == expected)
    }

    @Test func `a hub that serves no questions yet is asked again`() {
        var follower = begun()
        let again = follower.streamRefused(refusal(.notServed), attempt: 1, now: instant(0), jitter: 0)
        #expect(again == .open(attempt: 2, offset: 0, answer: nil, asks: true))
    }

    @Test func `waits as long as a busy hub asks, within its bound`() {
        var follower = begun()
        let busy = refusal(.overloaded, after: 700)
        #expect(follower.streamRefused(busy, attempt: 1, now: instant(0), jitter: 0) == .none)
        #expect(follower.nextDeadline == .origin + .milliseconds(700))
        _ = follower.deadlineReached(now: instant(1))
        _ = follower.streamRefused(refusal(.overloaded, after: 900_000), attempt: 2, now: instant(1), jitter: 0)
        #expect(follower.nextDeadline == instant(1) + Limits.Escalation.longestPause)
    }

    @Test func `the hub's error is handed over behind the words before it`() {
        var follower = begun()
        let failure = EscalationFailure(.refused, "broke off", chat: .upstreamFailed)
        let stream = bytes(start, .event(.text("one")), .failed(failure))
        guard case .fail(let events, let said) = follower.chunkArrived(chunk(0, stream), attempt: 1, now: instant(1))
        else {
            Issue.record("no error")
            return
        }
        #expect(events.last == .text("one") && said.code == .refused && said.hasBegun)
        #expect(follower.nextAcknowledgement() == UInt64(stream.count))
    }

    @Test func `is over at its deadline, whatever it does`() {
        var follower = begun()
        #expect(follower.deadlineReached(now: instant(599)) == .none)
        guard case .fail([], let failure) = follower.deadlineReached(now: instant(600)) else {
            Issue.record("it goes on")
            return
        }
        #expect(failure.code == .timedOut)
        var left = begun()
        #expect(left.cancelled() == .cancel && left.isOver && left.nextAcknowledgement() == nil)
    }

    @Test func `an answer that is none, or has no end, is an error`() {
        var follower = begun()
        guard case .fail([], let failure) = follower.chunkArrived(chunk(0, [0x01]), attempt: 1, now: instant(1)) else {
            Issue.record("it goes on")
            return
        }
        #expect(failure.code == .answerMalformed)
        var endless = begun()
        _ = endless.chunkArrived(chunk(0, bytes(start)), attempt: 1, now: instant(1))
        guard case .fail = endless.endArrived(StreamEnd(length: 12), attempt: 1, now: instant(1), jitter: 0) else {
            Issue.record("it goes on")
            return
        }
        // An end that says that more was said than came is a cut.
        var cut = begun()
        _ = cut.chunkArrived(chunk(0, bytes(start)), attempt: 1, now: instant(1))
        let action = cut.endArrived(StreamEnd(length: 13), attempt: 1, now: instant(1), jitter: 0)
        #expect(action == .open(attempt: 2, offset: 12, answer: 77, asks: false))
    }

    @Test func `keeps a bounded number of bytes that came too early`() {
        var follower = begun()
        let piece = [UInt8](repeating: 0x40, count: Limits.Escalation.maximumEarlyBytes / 2)
        #expect(follower.chunkArrived(chunk(1, piece), attempt: 1, now: instant(1)) == .none)
        #expect(follower.chunkArrived(chunk(1, piece), attempt: 1, now: instant(1)) == .none)
        #expect(
            follower.chunkArrived(chunk(1, [0x40]), attempt: 1, now: instant(1))
                == .open(attempt: 2, offset: 0, answer: nil, asks: true)
        )
    }

    @Test func `takes no more bytes than an answer has`() {
        var follower = begun()
        let words = AnswerItem.event(.text(String(repeating: "x", count: Limits.Escalation.wordBytes))).streamBytes
        var offset = bytes().count
        _ = follower.chunkArrived(chunk(0, bytes()), attempt: 1, now: instant(1))
        while true {
            let action = follower.chunkArrived(chunk(offset, words), attempt: 1, now: instant(1))
            offset += words.count
            if case .deliver = action { continue }
            guard case .fail(_, let failure) = action else {
                Issue.record("\(action)")
                return
            }
            #expect(failure.code == .answerMalformed && offset > Int(Limits.Escalation.maximumAnswerBytes))
            return
        }
    }

    @Test func `says how far it is now and then`() {
        var follower = begun(acknowledgementBytes: 100)
        let words = AnswerItem.event(.text(String(repeating: "x", count: 56))).streamBytes
        #expect(words.count == 62)
        _ = follower.chunkArrived(chunk(0, bytes() + words), attempt: 1, now: instant(1))
        #expect(follower.nextAcknowledgement() == nil)
        _ = follower.chunkArrived(chunk(67, words), attempt: 1, now: instant(1))
        #expect(follower.nextAcknowledgement() == 129)
        #expect(follower.nextAcknowledgement() == nil)
        #expect(Limits.Escalation.acknowledgementBytes < UInt64(Limits.Escalation.windowBytes))
    }

    @Test func `says again on a new stream how far it is, for what it said on the one before may be lost`() {
        var follower = begun(acknowledgementBytes: 16)
        let stream = bytes(start, .event(.text("a word of more than sixteen bytes")))
        _ = follower.chunkArrived(chunk(0, stream), attempt: 1, now: instant(1))
        let offset = UInt64(stream.count)
        #expect(follower.nextAcknowledgement() == offset)
        #expect(
            follower.streamCut(attempt: 1, now: instant(2), jitter: 0)
                == .open(attempt: 2, offset: offset, answer: 77, asks: false)
        )
        #expect(follower.nextAcknowledgement() == offset, "else a hub whose window is full waits for ever")
        #expect(follower.nextAcknowledgement() == nil)
    }
}
