internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// A descriptor with every option set and an address; its new owner closes it.
struct OpenedSocket {
    let descriptor: Int32
    let local: SocketAddress
    let isJoining: Bool
    let isSegmenting: Bool
    let receiveBufferBytes: Int
    let sendBufferBytes: Int

    init(_ address: SocketAddress, _ configuration: UDPConfiguration) throws(IOError) {
        let isIPv6 = address.family == .ipv6
        let isDualStack = isIPv6 && configuration.isDualStack && address.isWildcard
        let descriptor = cmesh_udp_open(isIPv6, isDualStack)
        guard descriptor >= 0 else { throw .system(descriptor, "opening a UDP socket") }
        var bound = cmesh_address()
        let status = Self.bind(descriptor, address, configuration, &bound)
        guard status == 0, let local = SocketAddress(bound) else {
            close(descriptor)
            throw .system(status, "binding UDP to \(address)")
        }
        self.descriptor = descriptor
        self.local = local
        isJoining = configuration.isJoining && cmesh_udp_set_join(descriptor) == 0
        isSegmenting = configuration.isSegmenting && cmesh_udp_can_segment(descriptor)
        receiveBufferBytes = Self.grant(descriptor, isReceive: true, configuration.receiveBufferBytes)
        sendBufferBytes = Self.grant(descriptor, isReceive: false, configuration.sendBufferBytes)
    }

    private static func grant(_ descriptor: Int32, isReceive: Bool, _ bytes: Int) -> Int {
        Int(cmesh_udp_set_buffer(descriptor, isReceive, Int32(clamping: bytes)))
    }

    private static func bind(
        _ descriptor: Int32,
        _ address: SocketAddress,
        _ configuration: UDPConfiguration,
        _ bound: inout cmesh_address
    ) -> Int32 {
        if configuration.isSharingPort {
            let status = cmesh_socket_share_port(descriptor)
            guard status == 0 else { return status }
        }
        var wanted = address.forC(socketFamily: address.family)
        let status = cmesh_socket_bind(descriptor, &wanted)
        return status == 0 ? cmesh_socket_local(descriptor, &bound) : status
    }
}
