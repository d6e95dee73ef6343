internal import CMeshQUIC
internal import Glibc
internal import MeshIO

/// The two addresses of a packet where ngtcp2 can point to them: in memory of their own.
///
/// Not properties: an inout access held across a call of ngtcp2 would trap when a callback comes back to the endpoint.
final class PathMemory {
    let path: UnsafeMutablePointer<ngtcp2_path>
    private let names: UnsafeMutablePointer<sockaddr_in6>
    private var current: (remote: SocketAddress, local: SocketAddress)?

    init() {
        path = .allocate(capacity: 1)
        names = .allocate(capacity: 2)
        path.initialize(to: ngtcp2_path())
        names.initialize(repeating: sockaddr_in6(), count: 2)
    }

    deinit {
        path.deallocate()
        names.deallocate()
    }

    /// Describes the way from `remote` to `local`.
    func set(remote: SocketAddress, local: SocketAddress) {
        if let current, current.remote == remote, current.local == local { return }
        current = (remote, local)
        path.pointee.remote = write(remote, to: names)
        path.pointee.local = write(local, to: names + 1)
    }

    private func write(_ address: SocketAddress, to name: UnsafeMutablePointer<sockaddr_in6>) -> ngtcp2_addr {
        let count = address.withSystemAddress { bytes in
            UnsafeMutableRawBufferPointer(start: name, count: MemoryLayout<sockaddr_in6>.size).copyMemory(from: bytes)
            return bytes.count
        }
        let start = UnsafeMutableRawPointer(name).assumingMemoryBound(to: sockaddr.self)
        return ngtcp2_addr(addr: start, addrlen: socklen_t(count))
    }
}

extension SocketAddress {
    init?(_ address: ngtcp2_addr) {
        guard let name = address.addr else { return nil }
        self.init(system: UnsafeRawBufferPointer(start: name, count: Int(address.addrlen)))
    }
}
