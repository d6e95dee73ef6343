internal import Glibc

/// HMAC with SHA-256 (RFC 2104): says that bytes come from somebody who has the key.
package enum HMACSHA256 {
    /// The code of `message` under `key`.
    package static func code(for message: [UInt8], key: UnsafeRawBufferPointer) -> SHA256Digest {
        var block = [UInt8](repeating: 0, count: blockBytes)
        defer { wipe(&block) }
        if key.count > blockBytes {
            var hash = SHA256()
            hash.update(key)
            block.replaceSubrange(..<SHA256Digest.byteCount, with: hash.finish().bytes)
        } else {
            block.withUnsafeMutableBytes { $0.copyMemory(from: key) }
        }
        let inner = digest(pad: 0x36, block, message)
        return digest(pad: 0x5C, block, inner.bytes)
    }

    /// Whether `code` is that of `message` under `key`, in a time that does not depend on where they differ.
    package static func isValid(_ code: [UInt8], for message: [UInt8], key: UnsafeRawBufferPointer) -> Bool {
        isAny(of: [code], for: message, key: key)
    }

    /// Whether one of `codes` is that of `message` under `key`, which is hashed once; in a time that does not depend on
    /// which one it is and where they differ.
    package static func isAny(of codes: [[UInt8]], for message: [UInt8], key: UnsafeRawBufferPointer) -> Bool {
        let expected = self.code(for: message, key: key).bytes
        var isThere = false
        for code in codes where code.count == expected.count {
            var difference: UInt8 = 0
            for index in expected.indices { difference |= code[index] ^ expected[index] }
            if difference == 0 { isThere = true }
        }
        return isThere
    }

    private static func digest(pad: UInt8, _ block: [UInt8], _ message: [UInt8]) -> SHA256Digest {
        var padded = block
        defer { wipe(&padded) }
        for index in padded.indices { padded[index] ^= pad }
        var hash = SHA256()
        padded.withUnsafeBytes { hash.update($0) }
        message.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }

    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
    }

    private static let blockBytes = 64
}
