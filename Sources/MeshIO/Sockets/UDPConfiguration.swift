/// How a UDP socket is made.
package struct UDPConfiguration: Hashable, Sendable {
    /// Whether the kernel cuts trains into datagrams (GSO), where it can.
    package var isSegmenting = true

    /// Whether the kernel joins datagrams of one peer (GRO), where it can.
    package var isJoining = true

    /// Whether `[::]` serves IPv4 too.
    package var isDualStack = true

    /// Whether other sockets of this user may have the same address, so that the kernel spreads peers over them.
    package var isSharingPort = false

    /// Bytes that may wait in the kernel to be received; it grants less where the machine's bound is lower.
    package var receiveBufferBytes = 4 * 1_024 * 1_024

    /// Bytes that may wait in the kernel to be sent.
    package var sendBufferBytes = 4 * 1_024 * 1_024

    /// The defaults.
    package init() {}
}

/// What a socket has done.
package struct UDPCounters: Hashable, Sendable {
    /// Datagrams handed to the owner, and their bytes.
    package internal(set) var datagramsReceived: UInt64 = 0

    /// Bytes of the datagrams handed to the owner.
    package internal(set) var bytesReceived: UInt64 = 0

    /// Calls that fetch.
    package internal(set) var receiveCalls: UInt64 = 0

    /// Messages too long for their room, which were dropped.
    package internal(set) var datagramsTruncated: UInt64 = 0

    /// Datagrams that the kernel took.
    package internal(set) var datagramsSent: UInt64 = 0

    /// Bytes of the datagrams that the kernel took.
    package internal(set) var bytesSent: UInt64 = 0

    /// Calls that send.
    package internal(set) var sendCalls: UInt64 = 0

    /// Datagrams that the kernel refused: too long, no route, not allowed.
    package internal(set) var datagramsRefused: UInt64 = 0

    /// The errno of the last refusal.
    package internal(set) var lastRefusal: Int32 = 0

    /// How often the kernel had no room.
    package internal(set) var timesBlocked: UInt64 = 0

    /// Nothing yet.
    package init() {}
}
