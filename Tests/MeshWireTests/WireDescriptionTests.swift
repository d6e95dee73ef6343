import MeshCore
import MeshWire
import Testing

@Suite struct `Bytes for people` {
    @Test func `every kind of item reads as people write it`() {
        let bytes = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 8)
            writer.write(UInt64.max)
            writer.write(Int64(-7))
            writer.write("a \"line\"\n\u{1B}[31m")
            writer.write(bytes: [0, 255])
            writer.write(true)
            writer.write(1.5)
            writer.writeNil()
            writer.writeArrayHead(count: 0)
        }
        let wanted = #"[18446744073709551615, -7, "a \"line\"\n\u{1B}[31m", h'00ff', true, 1.5, null, []]"#
        #expect(WireDescription.text(of: bytes) == wanted)
    }

    @Test func `a map reads in pairs`() {
        // {1: "x", "y": {}}
        #expect(WireDescription.text(of: [0xA2, 0x01, 0x61, 0x78, 0x61, 0x79, 0xA0]) == #"{1: "x", "y": {}}"#)
    }

    @Test(arguments: [[], [0x82, 0x01], [0x01, 0x02], [0xC0, 0x01], [0xF7], Array(repeating: 0x81, count: 100_000)])
    func `what is no item reads as digits`(bytes: [UInt8]) {
        #expect(WireDescription.text(of: bytes) == "h'\(Hexadecimal.encode(bytes))'")
    }
}
