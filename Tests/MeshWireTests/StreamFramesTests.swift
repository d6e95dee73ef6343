import MeshCore
import MeshWire
import Testing

@Suite struct `Payloads of streams` {
    @Test func `a purpose is as long as its bound and no longer`() throws {
        let longest = String(repeating: "p", count: Limits.ByteStream.maximumPurposeBytes)
        let open = StreamOpen(purpose: longest, offset: 1)
        #expect(try StreamOpen(wireBytes: open.wireBytes) == open)
        var writer = WireWriter()
        writer.writeArrayHead(count: 2)
        writer.write(longest + "p")
        writer.write(UInt64(1))
        let bytes = writer.array
        #expect(throws: WireError(.invalidValue, "")) { _ = try StreamOpen(wireBytes: bytes) }
    }

    @Test func `an offset is within the longest stream`() throws {
        let longest = Limits.ByteStream.maximumLength
        for (offset, isTaken) in [(0, true), (longest, true), (longest + 1, false), (.max, false)] {
            let chunk = StreamChunk(offset: offset, bytes: [1]).wireBytes
            #expect(((try? StreamChunk(wireBytes: chunk)) != nil) == isTaken)
            let open = StreamOpen(purpose: "p", offset: offset).wireBytes
            #expect(((try? StreamOpen(wireBytes: open)) != nil) == isTaken)
        }
    }

    @Test func `a chunk of ours fits its frame`() throws {
        let bytes = [UInt8](repeating: 1, count: Limits.ByteStream.chunkBytes)
        var writer = WireWriter()
        try writer.writeFrame(.streamChunk, StreamChunk(offset: Limits.ByteStream.maximumLength, bytes: bytes))
        #expect(throws: WireError(.invalidValue, "")) {
            _ = try StreamChunk(wireBytes: StreamChunk(offset: 0, bytes: []).wireBytes)
        }
    }
}
