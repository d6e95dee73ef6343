import MeshCore
import MeshWire
import Testing

@Suite struct `Payloads of pre-warms` {
    @Test func `a name is as long as its bound and no longer`() throws {
        let limit = Limits.PreWarm.maximumNameBytes
        for (count, isTaken) in [(0, false), (1, true), (limit, true), (limit + 1, false)] {
            let name = String(repeating: "x", count: count)
            for (project, adapter) in [(name, nil), (nil, name)] as [(String?, String?)] {
                var writer = WireWriter()
                writer.writeArrayHead(count: 3)
                project.encode(into: &writer)
                adapter.encode(into: &writer)
                writer.write(Int64(7))
                let bytes = writer.array
                #expect(((try? PreWarm(wireBytes: bytes)) != nil) == isTaken, "\(count)")
            }
        }
        let cut = PreWarm(project: String(repeating: "ü", count: limit), adapter: nil, timestampMilliseconds: 1)
        #expect(try PreWarm(wireBytes: cut.wireBytes) == cut && cut.project?.utf8.count == limit)
    }

    @Test func `fields that a newer node adds are passed over, and missing ones refused`() throws {
        let newer: [UInt8] = [0x83, 0x05, 0x20, 0xF6]
        let found = try BeatAcknowledgement(wireBytes: newer)
        #expect(found == BeatAcknowledgement(sequence: 5, receivedMilliseconds: -1))
        #expect(throws: WireError(.missingFields, "")) {
            _ = try BeatAcknowledgement(wireBytes: [0x81, 0x05] as [UInt8])
        }
        #expect(throws: WireError(.missingFields, "")) { _ = try PreWarm(wireBytes: [0x80] as [UInt8]) }
    }
}
