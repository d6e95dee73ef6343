import MeshCore
import MeshWire
import Testing

@Suite struct `A frame decoder` {
    private static func stream() throws -> (bytes: [UInt8], frames: [Frame]) {
        let frames = [
            Frame(type: .cancel, payload: []),
            Frame(type: .streamChunk, payload: (0..<300).map { UInt8(truncatingIfNeeded: $0) }),
            Frame(type: .actorCall, payload: [1, 2, 3]),
        ]
        var writer = WireWriter()
        for frame in frames { try writer.writeFrame(frame.type, payload: frame.payload) }
        return (writer.array, frames)
    }

    @Test(arguments: [1, 2, 4, 5, 6, 7, 64, 1_000])
    func `frames come out the same however the bytes arrive`(piece: Int) throws {
        let (bytes, frames) = try Self.stream()
        var decoder = FrameDecoder()
        var found: [Frame] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let part = bytes[start..<min(start + piece, bytes.count)]
            var offset = 0
            while let frame = try decoder.next(in: part.span.bytes, from: &offset) { found.append(frame) }
            #expect(offset == part.count, "all bytes are used")
        }
        let isBetweenFrames = decoder.isBetweenFrames
        #expect(found == frames && isBetweenFrames)
    }

    @Test func `an error is final`() {
        var decoder = FrameDecoder()
        let bad: [UInt8] = [0x7F, 0, 0, 0, 0]
        let good: [UInt8] = [0x0A, 0, 0, 0, 0]
        for bytes in [bad, good] {
            var code: WireErrorCode?
            var offset = 0
            do throws(WireError) { _ = try decoder.next(in: bytes.span.bytes, from: &offset) } catch {
                code = error.code
            }
            #expect(code == .unknownFrameType)
        }
        let isBetweenFrames = decoder.isBetweenFrames
        #expect(!isBetweenFrames)
    }

    @Test func `the bound stated in the hello counts where it is below that of the type`() throws {
        var decoder = FrameDecoder(maximumPayloadBytes: 10)
        let bytes: [UInt8] = [FrameType.actorCall.rawValue, 0, 0, 0, 11]
        var offset = 0
        #expect(throws: WireError(.frameTooLarge, "")) { try decoder.next(in: bytes.span.bytes, from: &offset) }
    }

    @Test func `optional frames are skipped before the hello too, and do not count as frames`() throws {
        var writer = WireWriter()
        try writer.writeFrame(FrameType(rawValue: 0x80), payload: [1])
        try writer.writeFrame(.cancel, payload: [])
        #expect(try FrameDecoder.frames(of: writer.array).map(\.type) == [.cancel])
    }

    @Test func `no stated bound is above the bound of all`() throws {
        var decoder = FrameDecoder(maximumPayloadBytes: Int(UInt32.max))
        let bytes: [UInt8] = [0x80, 0x00, 0x40, 0x00, 0x01]
        var code: WireErrorCode?
        var offset = 0
        do throws(WireError) { _ = try decoder.next(in: bytes.span.bytes, from: &offset) } catch { code = error.code }
        #expect(code == .frameTooLarge)
    }

    @Test func `every type is read at its bound and refused one byte beyond, at its header`() throws {
        for registration in FrameRegistration.all {
            let bound = min(registration.maximumPayloadBytes, Limits.Frame.maximumPayloadBytes)
            var writer = WireWriter()
            try writer.writeFrame(registration.type, payload: [UInt8](repeating: 0, count: bound))
            #expect(try FrameDecoder.frames(of: writer.array).count == 1)
            let beyond =
                [registration.type.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: (bound + 1) >> (24 - 8 * $0)) }
            #expect(throws: WireError(.frameTooLarge, "")) { try FrameDecoder.frames(of: beyond) }
        }
    }

    @Test func `a writer refuses a payload beyond the bound and stays as it was`() throws {
        var writer = WireWriter()
        writer.write("before")
        let before = writer.array
        var code: WireErrorCode?
        do throws(WireError) {
            try writer.writeFrame(.hello, payload: [UInt8](repeating: 0, count: 4_097))
        } catch {
            code = error.code
        }
        #expect(code == .frameTooLarge && writer.array == before)
        code = nil
        do throws(WireError) { try writer.writeFrame(.actorCall, "12345678", peerMaximum: 8) } catch {
            code = error.code
        }
        #expect(code == .frameTooLarge && writer.array == before)
    }

    @Test func `a frame's payload is the value that was written`() throws {
        var writer = WireWriter()
        try writer.writeFrame(.error, ErrorFrame(code: .overloaded, message: "later", retryAfterMilliseconds: 5))
        let frame = try #require(try FrameDecoder.frames(of: writer.array).first)
        #expect(try frame.decode(as: ErrorFrame.self).retryAfterMilliseconds == 5)
    }
}

@Suite struct `The registry of frames` {
    @Test func `numbers and names are unique, bounds within the bound of all`() {
        #expect(Set(FrameRegistration.all.map(\.type)).count == FrameRegistration.all.count)
        #expect(Set(FrameRegistration.all.map(\.name)).count == FrameRegistration.all.count)
        #expect(FrameRegistration.all.allSatisfy { $0.maximumPayloadBytes <= Limits.Frame.maximumPayloadBytes })
        #expect(FrameRegistration.all.allSatisfy { $0.type.isCritical })
    }

    @Test func `a type describes itself by its name, an unknown one by its number`() {
        #expect(FrameType.goAway.description == "go-away")
        #expect(FrameType(rawValue: 0x7F).description == "frame type 127")
    }

    @Test func `every refusal has a code for the peer`() {
        #expect(PeerErrorCode(refusing: .incompatibleVersion) == .incompatibleVersion)
        #expect(PeerErrorCode(refusing: .frameTooLarge) == .frameTooLarge)
        #expect(PeerErrorCode(refusing: .unknownFrameType) == .unknownFrameType)
        #expect(PeerErrorCode(refusing: .truncated) == .protocolViolation)
    }

    @Test func `an error's message is cut to its bound`() {
        let long = String(repeating: "é", count: Limits.ErrorFrame.maximumMessageBytes)
        #expect(
            ErrorFrame(code: .internalError, message: long).message.utf8.count == Limits.ErrorFrame.maximumMessageBytes
        )
    }
}
