package import MeshCore

/// The text form of certificates and keys (RFC 7468): any text around the blocks, strict base64 within.
package enum PEM {
    /// One block, as a place in the text it was found in.
    package struct Block: Hashable, Sendable {
        /// What it says it is: `CERTIFICATE`.
        package let label: String

        /// Whether its headers say that it is encrypted, in the old way of OpenSSL.
        package let isEncrypted: Bool

        /// Where its base64 is.
        let content: Range<Int>
    }

    /// All blocks of `text`, in their order.
    package static func blocks(in text: UnsafeRawBufferPointer) throws(CertificateError) -> [Block] {
        var scan = PEMScan()
        var start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            try scan.line(text, start..<end)
            start = end + 1
        }
        return try scan.finish(text)
    }

    /// The bytes that `block` of `text` spells.
    package static func decode(_ block: Block, in text: UnsafeRawBufferPointer) throws(CertificateError) -> WipedBytes {
        var bytes = WipedBytes(capacity: block.content.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text[block.content] where !isBlank(byte) {
            if byte == UInt8(ascii: "=") {
                padding += 1
            } else if let value = value(of: byte), padding == 0 {
                group = group << 6 | UInt32(value)
            } else {
                throw CertificateError(.notPEM, "the block '\(block.label)' holds something else than base64")
            }
            digits += 1
            guard digits.isMultiple(of: 4) else { continue }
            guard padding <= 2, close(group << UInt32(6 * padding), padding, into: &bytes) else {
                throw CertificateError(.notPEM, "the base64 of the block '\(block.label)' ends badly")
            }
            group = 0
        }
        guard digits > 0, digits.isMultiple(of: 4) else {
            throw CertificateError(.notPEM, "the base64 of the block '\(block.label)' is cut short")
        }
        return bytes
    }

    /// The block `label` of `bytes`, with lines of 64 characters.
    package static func encode(_ label: String, _ bytes: UnsafeRawBufferPointer) -> WipedBytes {
        let head = "-----BEGIN \(label)-----\n"
        let foot = "-----END \(label)-----\n"
        let digits = (bytes.count + 2) / 3 * 4
        var text = WipedBytes(capacity: head.utf8.count + digits + (digits + 63) / 64 + foot.utf8.count)
        for byte in head.utf8 { text.append(byte) }
        var column = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for digit in 0..<4 {
                let isPadding = digit > group.count
                text.append(isPadding ? UInt8(ascii: "=") : character(bits >> UInt32(18 - 6 * digit) & 63))
            }
            column += 4
            if column == 64 || start + 3 >= bytes.count {
                text.append(UInt8(ascii: "\n"))
                column = 0
            }
        }
        for byte in foot.utf8 { text.append(byte) }
        return text
    }

    /// Appends the bytes of a group of four digits; false where bits are set that no byte holds.
    private static func close(_ group: UInt32, _ padding: Int, into bytes: inout WipedBytes) -> Bool {
        guard group & (1 << UInt32(8 * padding) - 1) == 0 else { return false }
        for index in 0..<3 - padding { bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * index))) }
        return true
    }

    // By arithmetic and not by a table: what is looked up in a table leaves a trace of the key in the cache.
    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static func character(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}

/// Finds blocks line by line.
private struct PEMScan {
    private var blocks: [PEM.Block] = []
    private var open: (label: String, isEncrypted: Bool, start: Int?, end: Int)?

    mutating func line(_ text: UnsafeRawBufferPointer, _ whole: Range<Int>) throws(CertificateError) {
        var end = whole.upperBound
        while end > whole.lowerBound, PEM.isBlank(text[end - 1]) { end -= 1 }
        let line = text[whole.lowerBound..<end]
        if let label = Self.label(of: line, "-----BEGIN ") {
            guard open == nil else { throw CertificateError(.notPEM, "a block begins inside another") }
            open = (label, false, nil, end)
        } else if let label = Self.label(of: line, "-----END ") {
            guard let block = open, block.label == label else {
                throw CertificateError(.notPEM, "the end of a block '\(label)' has no beginning")
            }
            guard blocks.count < Limits.Certificate.maximumBlocks else {
                throw CertificateError(.fileTooLarge, "it holds more than \(Limits.Certificate.maximumBlocks) blocks")
            }
            let content = (block.start ?? block.end)..<block.end
            blocks.append(PEM.Block(label: label, isEncrypted: block.isEncrypted, content: content))
            open = nil
        } else if line.starts(with: Array("-----".utf8)) {
            throw CertificateError(.notPEM, "a line of dashes neither begins nor ends a block")
        } else if open != nil, !line.isEmpty {
            inside(line)
        }
    }

    /// Headers (RFC 1421) come before the base64, and only OpenSSL's way to encrypt keys uses them.
    private mutating func inside(_ line: Slice<UnsafeRawBufferPointer>) {
        guard open?.start != nil || !line.contains(UInt8(ascii: ":")) else {
            if line.starts(with: Array("Proc-Type:".utf8)) { open?.isEncrypted = true }
            return
        }
        if open?.start == nil { open?.start = line.startIndex }
        open?.end = line.endIndex
    }

    func finish(_ text: UnsafeRawBufferPointer) throws(CertificateError) -> [PEM.Block] {
        if let open { throw CertificateError(.notPEM, "the block '\(open.label)' has no end: it is cut short") }
        guard blocks.isEmpty else { return blocks }
        let isDER = text.first == 0x30
        throw CertificateError(.notPEM, isDER ? "it is DER, and PEM is wanted: convert it" : "it holds no PEM block")
    }

    /// The label in a line that begins with `mark`; nil for every other line.
    private static func label(of line: Slice<UnsafeRawBufferPointer>, _ mark: String) -> String? {
        let dashes = Array("-----".utf8)
        guard line.count > mark.utf8.count + dashes.count, line.count <= maximumLine,
            line.starts(with: Array(mark.utf8)), line.suffix(dashes.count).elementsEqual(dashes)
        else { return nil }
        let label = line.dropFirst(mark.utf8.count).dropLast(dashes.count)
        let isPlain = label.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x20 }
        return isPlain ? String(decoding: label, as: UTF8.self) : nil
    }

    private static let maximumLine = 80
}
