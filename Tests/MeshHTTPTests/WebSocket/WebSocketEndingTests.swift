import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite("The end of a WebSocket") struct WebSocketEndingTests {
    @Test func `we say goodbye, wait for theirs and hear no more messages`() {
        let conversation = Talk()
        conversation.close(.goingAway, reason: "stopping")
        conversation.close(.normal)
        #expect(conversation.output() == [0x88, 10, 3, 233] + Array("stopping".utf8))
        #expect(!conversation.send(.text("late")))
        #expect(!conversation.isOver)
        #expect(conversation.nextDeadline == .origin + Limits.WebSocket.closeTimeout)
        #expect(conversation.hear(MaskedFrames.frame(.text, [65]) + MaskedFrames.frame(.ping)).isEmpty)
        #expect(conversation.output().isEmpty)
        let answer = MaskedFrames.frame(.close, [3, 233])
        #expect(conversation.hear(answer) == [.closed(.goingAway, reason: "")])
        #expect(conversation.output().isEmpty)
        #expect(conversation.isOver && conversation.nextDeadline == nil)
    }

    @Test func `a client that does not answer our goodbye is left`() {
        let conversation = Talk()
        conversation.close(.normal)
        let deadline = Instant.origin + Limits.WebSocket.closeTimeout
        #expect(conversation.deadlineReached(now: .origin) == .wait)
        #expect(conversation.deadlineReached(now: deadline) == .abandon)
        #expect(conversation.isOver)
    }

    @Test func `a violation after our goodbye is not told`() {
        let conversation = Talk()
        conversation.close(.normal)
        _ = conversation.output()
        #expect(conversation.hear([0x81, 0]) == [.failed(.unmasked)])
        #expect(conversation.output().isEmpty)
        #expect(conversation.isOver)
    }

    @Test func `a reason is cut to what a frame holds`() {
        let conversation = Talk()
        conversation.close(.normal, reason: String(repeating: "é", count: 100))
        let output = conversation.output()
        #expect(output.count == 2 + 2 + Limits.WebSocket.maximumReasonBytes - 1)  // no half of a letter
        #expect(output[1] == 124)
    }

    @Test func `a silent client is asked, and left where it says nothing`() {
        let conversation = Talk()
        let asked = Instant.origin + Limits.WebSocket.pingInterval
        #expect(conversation.nextDeadline == asked)
        #expect(conversation.deadlineReached(now: asked) == .flush)
        #expect(conversation.output() == [0x89, 0])
        #expect(conversation.nextDeadline == asked + Limits.WebSocket.pongTimeout)
        #expect(conversation.hear(MaskedFrames.frame(.pong), now: asked) == [.pong])
        let again = asked + Limits.WebSocket.pingInterval
        #expect(conversation.deadlineReached(now: again) == .flush)
        #expect(conversation.deadlineReached(now: again + Limits.WebSocket.pongTimeout) == .abandon)
        #expect(conversation.isOver)
    }

    @Test func `a message that drips is not waited for`() {
        let conversation = Talk()
        let part = MaskedFrames.frame(.text, [65], isFinal: false)
        #expect(conversation.hear(part).isEmpty)
        let last = Instant.origin + Limits.WebSocket.messageTimeout
        let next = MaskedFrames.frame(.continuation, [65], isFinal: false)
        #expect(conversation.hear(next, now: last).isEmpty)
        #expect(conversation.nextDeadline == last)
        #expect(conversation.deadlineReached(now: last) == .fail(.tooSlow))
        #expect(conversation.output()[2...3] == [3, 240])
        #expect(conversation.isOver)
    }

    @Test func `nothing is held while nothing happens`() {
        let conversation = Talk()
        #expect(conversation.isIdle)
        let frame = MaskedFrames.frame(.text, [65, 66])
        #expect(conversation.hear(Array(frame.dropLast())).isEmpty)
        #expect(!conversation.isIdle)
        #expect(conversation.hear([frame[7]]) == [.message(.text("AB"))])
        #expect(conversation.isIdle)
        #expect(conversation.hear([0x89]).isEmpty)  // half a head is held as well
        #expect(!conversation.isIdle)
        #expect(MemoryLayout<WebSocketConversation>.size <= 256)
    }
}
