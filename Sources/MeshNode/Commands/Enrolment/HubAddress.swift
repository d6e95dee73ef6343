internal import Glibc
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO

/// Where a hub is, as people write it: `hub-1.example.org:7412`, `192.0.2.7:7412`, `[2001:db8::7]:7412`.
struct HubAddress: Hashable, Sendable, CommandLineValue {
    let host: String
    let port: UInt16

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
        self.host = String(host)
        self.port = port
    }

    static var commandLineSyntax: ValueSyntax<HubAddress> {
        ValueSyntax(valueName: "HOST:PORT", expected: "a host and a port, such as hub-1.example.org:7412") {
            HubAddress($0)
        }
    }

    /// All addresses that the host has, in the system's order; it blocks, which a command of a person may.
    func resolve() -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next, found.count < Self.maximumAddresses {
            let bytes = UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            if let address = SocketAddress(system: bytes), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static let maximumAddresses = 8
}
