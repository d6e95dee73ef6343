import Glibc
import MeshCore
import MeshNode
import Testing

@Suite struct `What a service manager is told` {
    /// A socket of the kernel's own space, and its descriptor.
    private func manager() throws -> (name: String, descriptor: Int32) {
        let name = "@meshnode-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: Array(name.utf8))
            bytes[0] = 0
        }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size - room + name.utf8.count)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(status == 0)
        return (name, descriptor)
    }

    private func heard(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : ""
    }

    @Test func `it hears that a node is ready, and what else there is to know`() throws {
        let (name, descriptor) = try manager()
        defer { close(descriptor) }
        let notifier = ServiceNotifier(socket: name)
        #expect(notifier.isHeard)
        let address = LogField(LogKey("address"), .text("127.0.0.1:7411\nREADY=0"))
        notifier.ready("serving", [address, LogField(LogKey("beats_sent"), .integer(3))])
        let lines = "READY=1\nSTATUS=serving\nX_MESHNODE_ADDRESS=127.0.0.1:7411\nX_MESHNODE_BEATS_SENT=3"
        #expect(heard(descriptor) == lines)
        notifier.notice([LogField(LogKey("tunnel_state"), .text("connected"))])
        #expect(heard(descriptor) == "STATUS=serving\nX_MESHNODE_TUNNEL_STATE=connected")
    }

    @Test func `nobody is told where nobody listens`() {
        #expect(!ServiceNotifier(socket: nil).isHeard)
        #expect(!ServiceNotifier(socket: "nowhere").isHeard)
        ServiceNotifier(socket: "@meshnode-test-nobody").stopping()
    }

    @Test func `one that does not read holds up nobody for long`() throws {
        let (name, descriptor) = try manager()
        defer { close(descriptor) }
        let clock = ContinuousClock()
        let begin = clock.now
        // As many as the kernel keeps for a reader, and one more that has no room.
        let notifier = ServiceNotifier(socket: name)
        var count = 0
        while clock.now - begin < Limits.Process.managerPatience / 2, count < 100_000 {
            notifier.stopping()
            count += 1
        }
        let elapsed = clock.now - begin
        #expect(elapsed >= Limits.Process.managerPatience / 2, "the socket was never full")
        #expect(elapsed < Limits.Process.managerPatience * 3)
    }
}
