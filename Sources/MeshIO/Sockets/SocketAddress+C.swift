internal import CMeshSockets
internal import Glibc

extension SocketAddress {
    /// Lends the address as a `sockaddr_in` or `sockaddr_in6`, every byte that means nothing zeroed.
    ///
    /// Retry tokens of QUIC bind all bytes of it.
    package func withSystemAddress<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        var address = forC(socketFamily: family)
        var name = sockaddr_in6()
        let length = Int(cmesh_address_write(&address, &name))
        return try withUnsafeBytes(of: &name) { try body(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    }

    /// The address in a `sockaddr_in` or `sockaddr_in6`; nil where it is too short or of another family.
    package init?(system bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= MemoryLayout<sa_family_t>.size, let start = bytes.baseAddress else { return nil }
        let family = Int32(start.loadUnaligned(as: sa_family_t.self))
        let needed = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        guard family == AF_INET || family == AF_INET6, bytes.count >= needed else { return nil }
        var name = sockaddr_in6()
        withUnsafeMutableBytes(of: &name) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<needed])) }
        var address = cmesh_address()
        cmesh_address_read(&address, &name)
        self.init(address)
    }
}
