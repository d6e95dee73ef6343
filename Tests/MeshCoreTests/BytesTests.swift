import MeshCore
import Testing

@Suite struct `CRC-32C` {
    @Test func `the check value of the standard`() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test func `vectors of RFC 3720`() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    }

    @Test func `no bytes have checksum zero`() {
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test func `the instruction and the table agree at every length and cut`() {
        var generator = SeededGenerator(seed: 1)
        for length in 0..<100 {
            let bytes = (0..<length).map { _ in UInt8(generator.integer(below: 256)) }
            let cut = generator.integer(in: 0...length)
            var byInstruction = CRC32C()
            var byTable = CRC32C()
            bytes.withUnsafeBytes { bytes in
                byInstruction.update(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
                byInstruction.update(UnsafeRawBufferPointer(rebasing: bytes[cut...]))
                byTable.updateByTable(bytes)
            }
            #expect(byInstruction.value == byTable.value)
        }
    }
}

@Suite struct `Hexadecimal text` {
    @Test func `every byte comes back`() {
        let bytes = (UInt8.min...UInt8.max).map { $0 }
        let text = Hexadecimal.encode(bytes)
        #expect(text.hasPrefix("00010203") && text.hasSuffix("fcfdfeff"))
        #expect(Hexadecimal.decode(text) == bytes)
        #expect(Hexadecimal.decode(text.uppercased()) == bytes)
    }

    @Test(arguments: ["0", "0g", "xy", "00 ", "é0", "0x00"])
    func `what is not hexadecimal is refused`(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }
}

@Suite struct `URL-safe base64` {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `vectors of RFC 4648 without padding`(plain: String, text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(text) == Array(plain.utf8))
    }

    @Test func `the two characters that differ from plain base64`() {
        #expect(Base64URL.encode([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(Base64URL.decode("--__") == [0xFB, 0xEF, 0xFF])
    }

    @Test(arguments: ["Z", "Zg==", "Zm9vY", "Zm+v", "Zm/v", "Zm v", "Zé"])
    func `padding, foreign characters and impossible lengths are refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `a value has one spelling`() {
        #expect(Base64URL.decode("Zg") == Array("f".utf8))
        #expect(Base64URL.decode("Zh") == nil, "stray bits at the end")
    }
}

@Suite struct `Text cut to a number of bytes` {
    @Test func `a character is never cut in two`() {
        #expect("aé😀z".cut(toBytes: 8) == "aé😀z")
        #expect("aé😀z".cut(toBytes: 7) == "aé😀")
        #expect("aé😀z".cut(toBytes: 6) == "aé")
        #expect("aé😀z".cut(toBytes: 2) == "a")
        #expect("aé😀z".cut(toBytes: 0) == "")
    }
}

@Suite struct `Text inside JSON` {
    @Test func `whatever could end the string or the line is escaped`() {
        #expect(
            JSONText.quoted("a\"b\\c\n\r\t\u{0}\u{7F}\u{85}\u{2028}é😀") == #""a\"b\\c\n\r\t\u0000\u007f\u0085\u2028é😀""#
        )
    }
}
