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
