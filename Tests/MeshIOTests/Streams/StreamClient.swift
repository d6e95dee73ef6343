import Glibc
import MeshIO

/// A TCP client that blocks, for at most twenty seconds a call: a task that waits for a loop on another thread.
struct StreamClient {
    /// The server's machine says no.
    struct Refused: Error {
        let number: Int32
    }

    let descriptor: Int32

    init(to address: SocketAddress, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(address.family == .ipv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var bytes = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        let descriptor = descriptor
        let status = address.withSystemAddress { name in
            connect(
                descriptor,
                name.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(name.count)
            )
        }
        guard status == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw Refused(number: number)
        }
    }

    func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// So many bytes, fewer where the server ends or twenty seconds pass.
    func read(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = readSome(count - bytes.count), !more.isEmpty { bytes += more }
        return bytes
    }

    /// What comes next; empty at the end, nil where it fails.
    func readSome(_ capacity: Int = 65_536) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: capacity)
        let count = recv(descriptor, &bytes, capacity, 0)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    func finishWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { _ = Glibc.close(descriptor) }

    /// Has the server see an error.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }
}
