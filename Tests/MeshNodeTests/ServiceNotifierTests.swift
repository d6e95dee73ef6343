import Foundation
import Glibc
import MeshActors
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

    @Test func `it hears that a node is ready, and what else there is to know`() async throws {
        let (name, descriptor) = try manager()
        defer { close(descriptor) }
        let notifier = ServiceNotifier(socket: name)
        #expect(notifier.isHeard)
        let address = LogField(LogKey("address"), .text("127.0.0.1:7411\nREADY=0"))
        await notifier.ready("serving", [address, LogField(LogKey("beats_sent"), .integer(3))])
        let lines = "READY=1\nSTATUS=serving\nX_MESHNODE_ADDRESS=127.0.0.1:7411\nX_MESHNODE_BEATS_SENT=3"
        #expect(heard(descriptor) == lines)
        notifier.notice([LogField(LogKey("tunnel_state"), .text("connected"))])
        #expect(heard(descriptor) == "STATUS=serving\nX_MESHNODE_TUNNEL_STATE=connected")
    }

    @Test func `nobody is told where nobody listens`() async {
        #expect(!ServiceNotifier(socket: nil).isHeard)
        #expect(!ServiceNotifier(socket: "nowhere").isHeard)
        await ServiceNotifier(socket: "@meshnode-test-nobody").stopping()
    }

    // Times are bounded by limits of minutes alone: what awaits waits for its turn among all suites.
    @Test(.timeLimit(.minutes(3))) func `one that does not read holds up nobody for long`() async throws {
        let (name, descriptor) = try manager()
        defer { close(descriptor) }
        let clock = ContinuousClock()
        let begin = clock.now
        // As many as the kernel keeps for a reader, and one more that has no room.
        let notifier = ServiceNotifier(socket: name)
        var count = 0
        while clock.now - begin < Limits.Process.managerPatience / 2, count < 100_000 {
            await notifier.stopping()
            count += 1
        }
        #expect(clock.now - begin >= Limits.Process.managerPatience / 2, "the socket was never full")
    }

    @Test(.timeLimit(.minutes(3)))
    func `one that is slow for a moment hears what it must, and loses notices alone`() async throws {
        let (name, descriptor) = try manager()
        defer { close(descriptor) }
        let notifier = ServiceNotifier(socket: name)
        // More than the kernel keeps; none of them waits.
        let count = 5_000
        for number in 1...count { notifier.notice([LogField(LogKey("number"), .integer(Int64(number)))]) }
        // On a thread, which does not wait for its turn among tasks: READY waits for room, and not for ever.
        let reading = OneShot<[String]>()
        Thread.detachNewThread { reading.open(texts(descriptor, until: "READY=1\nSTATUS=serving")) }
        await notifier.ready("serving")
        let heard = try await reading.wait()
        #expect(heard.last == "READY=1\nSTATUS=serving", "READY was lost")
        #expect(heard.count - 1 < count)
        #expect(heard.first == "STATUS=serving\nX_MESHNODE_NUMBER=1")
    }

    /// What is heard until `last` is, or for as long as a manager is waited for without another word.
    private func texts(_ descriptor: Int32, until last: String) -> [String] {
        var patience = timeval(tv_sec: Int(Limits.Process.managerPatience.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var texts: [String] = []
        var bytes = [UInt8](repeating: 0, count: 1_024)
        while texts.last != last {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            texts.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
        return texts
    }
}
