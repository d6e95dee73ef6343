internal import MeshCore

extension SocketAddress {
    /// The address in `text`: `1.2.3.4:443`, `[::1]:443`, `[fe80::1%2]:443` with the number of a link.
    package init(_ text: String) throws(IOError) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            throw Self.malformed(text, "has no port; write 1.2.3.4:443 or [::1]:443")
        }
        let host = text[..<colon]
        if host.utf8.first == UInt8(ascii: "[") {
            guard host.utf8.last == UInt8(ascii: "]"), host.utf8.count > 1 else {
                throw Self.malformed(text, "has no port behind its bracket, or the bracket is not closed")
            }
            let port = try Self.port(text[text.utf8.index(after: colon)...], in: text)
            try self.init(ipv6: host.dropFirst().dropLast(), port: port, in: text)
        } else {
            guard !host.utf8.contains(UInt8(ascii: ":")) else {
                throw Self.malformed(text, "is an IPv6 address without brackets; write [::1]:443")
            }
            let port = try Self.port(text[text.utf8.index(after: colon)...], in: text)
            guard let bytes = Self.ipv4(host) else {
                throw Self.malformed(text, "has no IPv4 address of four numbers up to 255 before its port")
            }
            self.init(ipv4: bytes, port: port)
        }
    }

    private init(ipv6 text: Substring, port: UInt16, in whole: String) throws(IOError) {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let scope = parts.count == 2 ? Self.number(parts[1], upTo: UInt64(UInt32.max), digits: 10) : 0
        guard let scope else { throw Self.malformed(whole, "names its link by something that is no number") }
        guard let groups = Self.groups(parts[0]) else {
            throw Self.malformed(whole, "has no IPv6 address of eight groups, or one :: in place of some, in its brackets")
        }
        self.init(ipv6: groups, port: port, scope: UInt32(scope))
    }

    private static func port(_ text: Substring, in whole: String) throws(IOError) -> UInt16 {
        guard let port = number(text, upTo: UInt64(UInt16.max), digits: 5) else {
            throw malformed(whole, "has no port from 0 to 65535 at its end")
        }
        return UInt16(port)
    }

    private static func malformed(_ text: String, _ problem: String) -> IOError {
        let printable = text.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x1F && $0.value != 0x7F }
        let shown = printable && text.utf8.count <= 64 ? "the address '\(text)'" : "an address"
        return IOError(.malformedAddress, "\(shown) \(problem)")
    }
}

// MARK: - Pieces

extension SocketAddress {
    /// A decimal number without sign and without zeros in front, which some read as octal.
    private static func number(_ text: Substring, upTo bound: UInt64, digits: Int) -> UInt64? {
        let bytes = text.utf8
        guard (1...digits).contains(bytes.count), bytes.count == 1 || bytes.first != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return value <= bound ? value : nil
    }

    private static func ipv4(_ text: Substring) -> (UInt8, UInt8, UInt8, UInt8)? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let numbers = parts.compactMap { number($0, upTo: 255, digits: 3).map(UInt8.init) }
        return numbers.count == 4 ? (numbers[0], numbers[1], numbers[2], numbers[3]) : nil
    }

    private static func groups(_ text: Substring) -> InlineArray<8, UInt16>? {
        let bytes = Array(text.utf8)
        let colons = bytes.indices.dropLast().filter { bytes[$0] == UInt8(ascii: ":") && bytes[$0 + 1] == bytes[$0] }
        var all: [UInt16]
        if colons.isEmpty {
            guard let groups = plainGroups(text) else { return nil }
            all = groups
        } else {
            guard colons.count == 1 else { return nil }
            let place = text.utf8.index(text.utf8.startIndex, offsetBy: colons[0])
            let left = text[..<place]
            let right = text[text.utf8.index(place, offsetBy: 2)...]
            guard !left.utf8.contains(UInt8(ascii: ".")),
                let before = left.isEmpty ? [] : plainGroups(left),
                let after = right.isEmpty ? [] : plainGroups(right),
                before.count + after.count < 8
            else { return nil }
            all = before + Array(repeating: 0, count: 8 - before.count - after.count) + after
        }
        guard all.count == 8 else { return nil }
        return InlineArray { all[$0] }
    }

    /// Groups with one colon between them; the last may be an IPv4 address, which is two.
    private static func plainGroups(_ text: Substring) -> [UInt16]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let bytes = ipv4(part) {
                groups.append(UInt16(bytes.0) << 8 | UInt16(bytes.1))
                groups.append(UInt16(bytes.2) << 8 | UInt16(bytes.3))
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

// MARK: - Description

extension SocketAddress: CustomStringConvertible {
    /// `1.2.3.4:443`, `[::1]:443`, `[fe80::1%2]:443`.
    package var description: String {
        switch family {
        case .ipv4: "\(ipv4Bytes.0).\(ipv4Bytes.1).\(ipv4Bytes.2).\(ipv4Bytes.3):\(port)"
        case .ipv6: "[\(groupsText)\(scope == 0 ? "" : "%\(scope)")]:\(port)"
        }
    }

    /// The groups, `::` for the first of the longest runs of two zeros or more (RFC 5952).
    private var groupsText: String {
        var run = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || group(index) != 0 {
            if index - start > max(1, run.count) { run = start..<index }
            start = index + 1
        }
        let left = hexadecimal(0..<(run.isEmpty ? 8 : run.lowerBound))
        return run.isEmpty ? left : left + "::" + hexadecimal(run.upperBound..<8)
    }

    private func hexadecimal(_ groups: Range<Int>) -> String {
        groups.map { String(group($0), radix: 16) }.joined(separator: ":")
    }
}
