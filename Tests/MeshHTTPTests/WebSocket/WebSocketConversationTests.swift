import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite("A conversation over a WebSocket") struct WebSocketConversationTests {
    @Test func `takes the examples of RFC 6455`() {
        let hello: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(MaskedFrames.frame(.text, Array("Hello".utf8)) == hello)
        #expect(Heard(hello).events == [.message(.text("Hello"))])
        let parts = MaskedFrames.frame(.text, Array("Hel".utf8), isFinal: false)
        #expect(Heard(parts + MaskedFrames.frame(.continuation, Array("lo".utf8))).events == [.message(.text("Hello"))])
        let ping = Heard(MaskedFrames.frame(.ping, Array("Hello".utf8)))
        #expect(ping.events == [.ping])
        #expect(ping.output == [0x8A, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
    }

    @Test func `writes the lengths of RFC 6455`() {
        for (count, head) in [
            (0, [0x82, 0]), (125, [0x82, 125]), (126, [0x82, 126, 0, 126]), (65_535, [0x82, 126, 0xFF, 0xFF]),
            (65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])] {
            let conversation = Talk()
            #expect(conversation.send(.binary([UInt8](repeating: 7, count: count))))
            #expect(conversation.output() == head + [UInt8](repeating: 7, count: count))
            #expect(conversation.isIdle)
        }
    }

    @Test(arguments: [1, 2, 3, 7, 4_096, 5_000])
    func `hears the same however the bytes are cut`(piece: Int) {
        let long = [UInt8](repeating: 0xE5, count: 70_000)
        var bytes = MaskedFrames.bytes(of: .text("grüß dich"), fragment: 2, maskingKey: 1)
        bytes += MaskedFrames.frame(.binary, Array(long[..<200]), isFinal: false)
        bytes += MaskedFrames.frame(.ping, [1]) + MaskedFrames.frame(.ping, [2]) + MaskedFrames.frame(.pong)
        bytes += MaskedFrames.frame(.continuation, Array(long[200...]))
        bytes += MaskedFrames.frame(.text) + MaskedFrames.frame(.close, [3, 232] + Array("bye".utf8))
        let heard = Heard(bytes, piece: piece)
        #expect(
            heard.events == [
                .message(.text("grüß dich")), .ping, .ping, .pong, .message(.binary(long)), .message(.text("")),
                .closed(.normal, reason: "bye"),
            ]
        )
        #expect(heard.output == [0x88, 2, 3, 232])
        #expect(heard.isOver)
    }

    @Test func `uses no byte behind an event, so that a client can be held back`() {
        let frames = [[1], [], [UInt8](repeating: 2, count: 300), [UInt8](repeating: 3, count: 70_000)].map {
            MaskedFrames.frame(.binary, $0)
        }
        let talk = Talk()
        let bytes = Array(frames.joined())
        var offset = 0
        for (index, end) in frames.indices.map({ ($0, frames[...$0].reduce(0) { $0 + $1.count }) }) {
            #expect(talk.hearOne(bytes, from: &offset) != nil, "frame \(index)")
            #expect(offset == end)
            #expect(talk.hear([]).isEmpty)
        }
    }

    @Test func `answers only the last of several pings`() {
        let heard = Heard((0..<50).flatMap { MaskedFrames.frame(.ping, [$0]) })
        #expect(heard.events == [WebSocketEvent](repeating: .ping, count: 50))
        #expect(heard.output == [0x8A, 1, 49])
    }

    @Test func `closes where there are too many control frames in one window`() {
        let allowed = Limits.WebSocket.maximumControlFrames
        let flood = (0...allowed).flatMap { _ in MaskedFrames.frame(.pong) }
        #expect(Heard(flood).events.last == .failed(.tooMany))
        #expect(Heard(flood).closeCode == .policy)
        #expect(!Heard(Array(flood.dropLast(6))).isOver)
        let conversation = Talk()
        for turn in 0..<3 {  // each window begins anew
            let now = Instant.origin + Limits.WebSocket.controlWindow * turn
            #expect(conversation.hear(Array(flood.dropLast(6)), now: now).count == allowed)
        }
        #expect(conversation.isOpen)
    }

    @Test func `takes a message up to its bound and closes beyond it at the head of the frame`() {
        let bound = Limits.WebSocket.maximumMessageBytes
        let most = [UInt8](repeating: 1, count: bound)
        #expect(Heard(MaskedFrames.frame(.binary, most)).events == [.message(.binary(most))])
        let more = MaskedFrames.frame(.binary, most + [1])
        #expect(Heard(Array(more[..<15])).events == [.failed(.tooLarge)])
        #expect(Heard(more).closeCode == .tooLarge)
        let parts = MaskedFrames.frame(.binary, most, isFinal: false) + MaskedFrames.frame(.continuation, [1])
        #expect(Heard(parts).closeCode == .tooLarge)
        let endless: [UInt8] = [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0]
        #expect(Heard(endless).closeCode == .tooLarge)
    }

    @Test func `closes where a message comes in too many parts`() {
        let part = MaskedFrames.frame(.continuation, isFinal: false)
        var bytes = MaskedFrames.frame(.binary, isFinal: false)
        for _ in 1..<Limits.WebSocket.maximumFragments { bytes += part }
        #expect(!Heard(bytes).isOver)
        #expect(Heard(bytes + part).events == [.failed(.tooMany)])
    }

    @Test(arguments: Violation.all)
    func `refuses what breaks a rule`(violation: Violation) {
        for piece in [1, 1_000] {
            let heard = Heard(violation.bytes, piece: piece)
            #expect(heard.events.last == .failed(violation.kind), "\(violation)")
            #expect(heard.closeCode == violation.kind.closeCode)
            #expect(heard.isOver)
        }
    }

    @Test func `hears nothing after the end`() {
        let heard = Heard(MaskedFrames.frame(.close) + MaskedFrames.frame(.text, [65]))
        #expect(heard.events == [.closed(nil, reason: "")])
        #expect(heard.output == [0x88, 0])
    }

    @Test(arguments: [1_000, 1_001, 1_003, 1_007, 1_011, 1_014, 3_000, 4_999] as [UInt16])
    func `echoes a code that may be sent`(code: UInt16) {
        let bytes = [UInt8(code >> 8), UInt8(code & 0xFF)]
        let heard = Heard(MaskedFrames.frame(.close, bytes))
        #expect(heard.events == [.closed(WebSocketCloseCode(rawValue: code), reason: "")])
        #expect(heard.output == [0x88, 2] + bytes)
    }

    @Test(arguments: [0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 2_999, 5_000, 65_535] as [UInt16])
    func `refuses a code that may not be sent`(code: UInt16) {
        let heard = Heard(MaskedFrames.frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)]))
        #expect(heard.events == [.failed(.badClose)])
        #expect(heard.closeCode == .protocolError)
    }
}
