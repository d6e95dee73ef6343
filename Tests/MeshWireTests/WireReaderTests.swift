import MeshCore
import MeshWire
import Testing

@Suite struct `A reader's bounds` {
    private func nested(_ depth: Int) -> [UInt8] { [UInt8](repeating: 0x81, count: depth) + [0x00] }

    @Test func `nesting up to the bound is skipped, one deeper is refused`() throws {
        let allowed = nested(Limits.Wire.maximumDepth)
        var reader = WireReader(allowed.span.bytes)
        try reader.skipItem()
        try reader.finish()
        let deeper = nested(Limits.Wire.maximumDepth + 1)
        #expect(throws: WireError(.tooDeep, "")) {
            var reader = WireReader(deeper.span.bytes)
            try reader.skipItem()
        }
    }

    @Test func `arrays side by side are not nested`() throws {
        let bytes = [UInt8](repeating: 0x80, count: 100)
        var reader = WireReader(bytes.span.bytes)
        for _ in 0..<100 { try reader.skipItem() }
        try reader.finish()
    }

    /// An array of `count` truths, beyond what the writer would write.
    private func truths(_ count: Int) -> [UInt8] {
        [0x9A] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
            + [UInt8](repeating: 0xF5, count: count)
    }

    @Test func `an array at the bound is read, one element more is refused`() throws {
        let full = Limits.Wire.maximumArrayElements
        #expect(try [Bool](wireBytes: truths(full)).count == full)
        #expect(throws: WireError(.tooManyElements, "")) { try [Bool](wireBytes: truths(full + 1)) }
    }

    @Test func `a map at the bound is read, one entry more is refused`() throws {
        let full = Limits.Wire.maximumMapEntries
        let map = Dictionary(uniqueKeysWithValues: (0..<full).map { ("\($0)", true) })
        #expect(try [String: Bool](wireBytes: map.wireBytes) == map)
        let head: [UInt8] = [0xB9, UInt8((full + 1) >> 8), UInt8((full + 1) & 0xFF)]
        let beyond = head + map.wireBytes.dropFirst(3) + "one more".wireBytes + true.wireBytes
        #expect(throws: WireError(.tooManyElements, "")) { try [String: Bool](wireBytes: beyond) }
    }

    @Test func `a claimed count makes room for no more than the bound on what has not been seen`() throws {
        #expect(WireReader.roomBeforeReading(Limits.Wire.maximumArrayElements) == Limits.Wire.maximumElementsReserved)
        #expect(WireReader.roomBeforeReading(3) == 3)
        let many = [String](repeating: "", count: Limits.Wire.maximumElementsReserved * 8)
        #expect(try [String](wireBytes: many.wireBytes) == many)
    }

    @Test func `the message says what was wanted, where, and what was there`() {
        #expect { try String(wireBytes: [0x65, 0x61]) } throws: { error in
            "\(error)" == "wire.truncated: 5 bytes wanted at offset 1, 1 are left"
        }
        #expect { try Bool(wireBytes: [0x01]) } throws: { error in
            "\(error)" == "wire.typeMismatch: true or false wanted at offset 0, an unsigned integer found"
        }
    }
}

@Suite struct `Half-precision numbers` {
    @Test func `all 65,536 read as what the processor says and are written back`() throws {
        for pattern in UInt16.min...UInt16.max {
            let bytes: [UInt8] = [0xF9, UInt8(pattern >> 8), UInt8(pattern & 0xFF)]
            let value = try Double(wireBytes: bytes)
            let expected = Double(Float16(bitPattern: pattern))
            if expected.isNaN {
                #expect(value.isNaN && value.wireBytes == [0xF9, 0x7E, 0x00])
            } else {
                #expect(value.bitPattern == expected.bitPattern && value.wireBytes == bytes)
            }
        }
    }

    @Test func `random numbers take the shortest width that keeps them`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let single = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard !single.isNaN else { continue }
            let isHalf = Float(Float16(single)) == single
            #expect(Double(single).wireBytes.count == (isHalf ? 3 : 5), "\(single)")
            let double = Double(bitPattern: generator.next())
            guard !double.isNaN else { continue }
            #expect(Double(Float(double)) == double || double.wireBytes.count == 9, "\(double)")
        }
    }
}

@Suite struct `A writer` {
    @Test func `it grows, forgets and is reused`() {
        var writer = WireWriter(capacity: 16)
        let text = String(repeating: "x", count: 1_000)
        for _ in 0..<3 {
            writer.removeAll()
            writer.write(text)
            writer.write(UInt64(7))
            #expect(writer.count == 1_004)
            #expect(writer.array.suffix(2) == [0x78, 0x07])
        }
    }

    @Test func `its span is what was written`() throws {
        var writer = WireWriter()
        writer.write("abc")
        var reader = WireReader(writer.bytes)
        #expect(try reader.readText() == "abc")
    }
}
