internal import MeshCore
internal import MeshIO
internal import MeshTunnel

/// The target `dns-message`: what a DNS server, or whoever plays one, may answer.
///
/// The promise: an answer becomes services within their bounds, and says the same when it is written anew.
enum FuzzedNames {
    static func check(_ input: UnsafeRawBufferPointer) {
        guard let message = try? DNSMessage(input) else { return }
        precondition((try? DNSMessage(input)) == message, "an answer says one thing")
        guard let question = message.question, let services = try? message.services(of: question) else { return }
        precondition(services.count <= Limits.Tunnel.maximumServices, "services have a bound")
        for service in services {
            precondition(DNSName(service.host)?.hostText == service.host, "a host has one spelling")
        }
        let again = Self.message(question, services)
        let reread = again.withUnsafeBytes { bytes in try? DNSMessage(bytes) }
        precondition(reread?.question == question, "our own question is refused")
        precondition((try? reread?.services(of: question)) == services, "services change when they are written anew")
    }

    /// The answer with these services and no more.
    private static func message(_ question: DNSName, _ services: [ServiceRecord]) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0x80, 0, 0, 1]
        bytes += number(UInt16(services.count)) + [0, 0, 0, 0] + name(question) + [0, 33, 0, 1]
        for service in services {
            guard let host = DNSName(service.host) else { preconditionFailure("a host is a name") }
            let content = number(service.priority) + number(service.weight) + number(service.port) + name(host)
            // The owner is the question's name, which stands behind the head.
            bytes += [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60] + number(UInt16(content.count)) + content
        }
        return bytes
    }

    private static func number(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    private static func name(_ name: DNSName) -> [UInt8] {
        name.labels.flatMap { [UInt8($0.count)] + $0 } + [0]
    }
}
