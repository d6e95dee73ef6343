package import MeshCore

/// Where a hub is, as people write it.
///
///     hub.example.net                 a name: whom `_meshhub._udp.hub.example.net` announces, else itself at port 7411
///     hub.example.net:7500            that host at that port; no announcements are asked for
///     quic://hub.example.net[:7500]   the same, at port 7411 where none is said
///     192.0.2.7, 2001:db8::7          an address at port 7411
///     192.0.2.7:7500, [2001:db8::7]:7500
package struct HubAddress: Hashable, Sendable {
    /// A name or an address.
    package enum Host: Hashable, Sendable {
        case name(String)
        case address(IPAddress)
    }

    /// Whose port it is.
    package let host: Host

    /// The port; ``defaultPort`` where none was said.
    package let port: UInt16

    /// Whether the name's announcements are asked for first.
    package let isAnnounced: Bool

    /// The port of hubs, where nothing else is said.
    package static let defaultPort: UInt16 = 7411

    /// `port` at `host`.
    package init(host: Host, port: UInt16 = HubAddress.defaultPort) {
        self.init(host, port, isAnnounced: false)
    }

    private init(_ host: Host, _ port: UInt16, isAnnounced: Bool) {
        self.host = host
        self.port = port
        self.isAnnounced = isAnnounced
    }

    /// The address that `text` spells, or an error that says which part is wrong; at `standard` where no port is said.
    package init(_ text: String, port standard: UInt16 = HubAddress.defaultPort) throws(TunnelError) {
        let limit = Limits.Tunnel.maximumHubAddressBytes
        guard !text.isEmpty else { throw Self.malformed("is empty") }
        guard text.utf8.count <= limit else { throw Self.malformed("has at most \(limit) bytes") }
        var rest = Substring(text)
        var hasScheme = false
        if let end = text.range(of: "://") {
            guard text[..<end.lowerBound] == "quic" else { throw Self.malformed("has no scheme but 'quic://'") }
            rest = text[end.upperBound...]
            hasScheme = true
            if rest.utf8.last == UInt8(ascii: "/") { rest.removeLast() }
        }
        guard !rest.utf8.contains(UInt8(ascii: "/")) else { throw Self.malformed("has no path") }
        guard !rest.utf8.contains(UInt8(ascii: "@")) else { throw Self.malformed("names no user") }
        let (host, port) = try Self.split(rest, hasScheme: hasScheme)
        let isName = if case .name = host { true } else { false }
        self.init(host, port ?? standard, isAnnounced: isName && port == nil && !hasScheme)
    }

    private static func split(_ text: Substring, hasScheme: Bool) throws(TunnelError) -> (Host, UInt16?) {
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else {
                throw malformed("has a ']' after the address of IPv6")
            }
            let inner = String(text[text.index(after: text.startIndex)..<end])
            guard let address = IPAddress(inner), address.bytes.count == 16 else {
                throw malformed("has an address of IPv6 between '[' and ']', without a zone")
            }
            let rest = text[text.index(after: end)...]
            guard !rest.isEmpty else { return (.address(address), nil) }
            guard rest.utf8.first == UInt8(ascii: ":") else { throw malformed("has nothing but a port after ']'") }
            return (.address(address), try readPort(rest.dropFirst()))
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        if colons > 1 {
            guard !hasScheme, let address = IPAddress(String(text)) else {
                throw malformed("has an address of IPv6 in brackets: '[2001:db8::7]:7411'")
            }
            return (.address(address), nil)
        }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (try readHost(text), nil) }
        return (try readHost(text[..<colon]), try readPort(text[text.index(after: colon)...]))
    }

    private static func readPort(_ text: Substring) throws(TunnelError) -> UInt16 {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, let port = UInt16(text), port > 0 else {
            throw malformed("has a port from 1 to 65535 after the ':'")
        }
        return port
    }

    private static func readHost(_ text: Substring) throws(TunnelError) -> Host {
        if let address = IPAddress(String(text)) { return .address(address) }
        return .name(try checkedName(text))
    }

    /// A name of DNS in lower case, without the dot at its end (RFC 1123 §2.1; '_' as in names of services).
    private static func checkedName(_ text: Substring) throws(TunnelError) -> String {
        var name = text.lowercased()
        if name.utf8.last == UInt8(ascii: ".") { name.removeLast() }
        guard !name.isEmpty else { throw malformed("has a host before the ':'") }
        guard name.utf8.count <= 253 else { throw malformed("has a host of at most 253 characters") }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            guard (1...63).contains(label.count) else {
                throw malformed("has a host whose parts between dots have 1 to 63 characters")
            }
            guard label.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }) else {
                throw malformed("has a host made of letters, digits, '-' and '.'")
            }
            guard label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
                throw malformed("has a host whose parts do not begin or end with '-'")
            }
        }
        // `10.0.0` or `1.2.3.400` would be asked of a name server, which is not what is meant.
        guard labels.last?.contains(where: { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) == true else {
            throw malformed("has a host that ends in a name or is a whole address of IPv4")
        }
        return name
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func malformed(_ rule: String) -> TunnelError {
        TunnelError(.malformedAddress, "a hub's address \(rule)")
    }
}

extension HubAddress: CustomStringConvertible {
    /// `hub.example.net:7411`; a name whose announcements are asked for stands alone.
    package var description: String {
        switch host {
        case .name(let name): isAnnounced ? name : "\(name):\(port)"
        case .address(let address): "\(IPEndpoint(address: address, port: port))"
        }
    }
}

extension HubAddress.Host {
    /// What the certificate of a hub there must name.
    package var serverName: ServerName {
        switch self {
        case .name(let name): .dns(name)
        case .address(let address): .address(address)
        }
    }
}

extension String {
    /// Where `word` first stands, by bytes.
    fileprivate func range(of word: String) -> Range<Index>? {
        let word = Array(word.utf8)
        var start = utf8.startIndex
        while start < utf8.endIndex {
            if utf8[start...].starts(with: word) { return start..<utf8.index(start, offsetBy: word.count) }
            start = utf8.index(after: start)
        }
        return nil
    }
}
