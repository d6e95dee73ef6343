import MeshCore
import Testing

@Suite struct `SHA-256` {
    @Test(arguments: [true, false]) func `vectors of RFC 6234`(_ acceleration: Bool) {
        let vectors = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
        for (text, expected) in vectors {
            #expect(digest(of: Array(text.utf8), acceleration: acceleration).description == expected)
        }
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(digest(of: million, acceleration: acceleration).description == expected)
    }

    @Test func `every length and cut gives one hash, with the instructions and without`() {
        var generator = SeededGenerator(seed: 2)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8(generator.integer(below: 256)) }
            let cut = generator.integer(in: 0...length)
            var inParts = SHA256()
            bytes[..<cut].withUnsafeBytes { inParts.update($0) }
            bytes[cut...].withUnsafeBytes { inParts.update($0) }
            let whole = digest(of: bytes, acceleration: false)
            #expect(inParts.finish() == whole)
        }
    }

    @Test func `a link is the hash of the head's bytes and the tail's`() {
        let head = SHA256.digest([1, 2, 3])
        for length in 0..<300 {
            let tail = [UInt8](repeating: 7, count: length)
            let linked = tail.withUnsafeBytes { SHA256.digest(head, $0) }
            #expect(linked == SHA256.digest(head.bytes + tail))
        }
    }

    @Test func `a hash comes back from its bytes`() {
        let digest = SHA256.digest([9])
        #expect(digest.bytes.withUnsafeBytes { SHA256Digest($0) } == digest)
        #expect(SHA256Digest.zero.bytes == [UInt8](repeating: 0, count: SHA256Digest.byteCount))
    }

    private func digest(of bytes: [UInt8], acceleration: Bool) -> SHA256Digest {
        var hash = SHA256(acceleration: acceleration)
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}

@Suite struct `HMAC with SHA-256` {
    /// RFC 4231 §4: key, data, code.
    static let vectors: [(key: [UInt8], data: [UInt8], code: String)] = [
        (
            [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. The key needs "
                    + "to be hashed before being used by the HMAC algorithm.").utf8
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: 0..<6) func `vectors of RFC 4231`(_ index: Int) {
        let vector = Self.vectors[index]
        vector.key.withUnsafeBytes { key in
            let code = HMACSHA256.code(for: vector.data, key: key)
            #expect(code.description == vector.code)
            #expect(HMACSHA256.isValid(code.bytes, for: vector.data, key: key))
        }
    }

    @Test func `a code with one bit changed, cut or made longer is not valid`() {
        let (key, data) = ([UInt8](1...32), Array("message".utf8))
        key.withUnsafeBytes { key in
            let code = HMACSHA256.code(for: data, key: key).bytes
            for bit in 0..<256 {
                var changed = code
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!HMACSHA256.isValid(changed, for: data, key: key))
            }
            #expect(!HMACSHA256.isValid(Array(code.dropLast()), for: data, key: key))
            #expect(!HMACSHA256.isValid(code + [0], for: data, key: key))
            #expect(!HMACSHA256.isValid(code, for: data + [0], key: key))
        }
    }
}
