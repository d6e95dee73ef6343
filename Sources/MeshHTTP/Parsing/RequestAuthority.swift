/// The rules of `host` and of the host in an absolute target.
enum RequestAuthority {
    /// Whether `bytes` are a name or an address, with or without a port (RFC 3986 §3.2).
    ///
    /// Narrower than the RFC, which lets nearly every sign into a name: only those of DNS names, so that no handler
    /// gets signs that mean something in a page or a log. Who is named and a password (`user@`) are refused.
    static func isWellFormed(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
        guard let first = bytes.first else { return false }
        if first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = bytes[bytes.index(after: bytes.startIndex)..<end]
            return address.count >= 2 && address.allSatisfy(isAddressByte)
                && isPort(bytes[bytes.index(after: end)...])
        }
        let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        return end > bytes.startIndex && bytes[..<end].allSatisfy(isNameByte) && isPort(bytes[end...])
    }

    /// Nothing, or a colon and up to 65,535.
    private static func isPort(_ bytes: some Collection<UInt8>) -> Bool {
        guard let colon = bytes.first else { return true }
        guard colon == UInt8(ascii: ":"), bytes.count <= 6 else { return false }
        var port = 0
        for byte in bytes.dropFirst() {
            guard byte &- UInt8(ascii: "0") < 10 else { return false }
            port = port * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return port <= 65_535
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."): true
        default: false
        }
    }
}
