package import MeshCore

extension Limits {
    /// Bounds on a conversation over a WebSocket.
    package enum WebSocket {
        /// Bytes of one message that is received; a longer one closes with 1009 at the frame that says so.
        package static let maximumMessageBytes = 1 << 20

        /// Frames that one message may come in; one more closes with 1008, for empty ones cost time and no bytes.
        package static let maximumFragments = 4_096

        /// Control frames within one ``controlWindow``; one more closes with 1008.
        package static let maximumControlFrames = 100

        /// Over how long control frames are counted.
        package static let controlWindow = Duration.seconds(10)

        /// Bytes of the reason in a close frame (RFC 6455 §5.5.1); ours is cut to them.
        package static let maximumReasonBytes = 123

        /// Subprotocols that a client may offer; those behind them are not looked at.
        package static let maximumSubprotocols = 16

        /// A client that is silent for so long is asked whether it is still there.
        package static let pingInterval = Duration.seconds(30)

        /// A client that is asked and says nothing for so long is gone; its connection is broken off.
        package static let pongTimeout = Duration.seconds(30)

        /// A message that is not complete so long after its first byte closes with 1008.
        package static let messageTimeout = Duration.seconds(60)

        /// So long we wait for the client's goodbye after ours; then its connection is broken off.
        package static let closeTimeout = Duration.seconds(5)
    }
}
