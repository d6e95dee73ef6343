package import MeshCore
package import MeshIO

/// Asks a listener for enrolment.
package enum EnrolmentClient {
    /// Connects to `address`, asks with `payload`, and returns the payload of the answer.
    ///
    /// `credentials` are shown where there are some, expired or not; `verifier` says whether it is the right hub. An
    /// error has a ``CloseReason`` as its cause where a connection was begun; its words may be the hub's.
    package static func ask(
        _ payload: [UInt8],
        at address: SocketAddress,
        credentials: NodeCredentials?,
        verifier: any PeerVerifier,
        patience: Duration = Limits.EnrolmentListener.answerPatience,
        loop: EventLoop,
        clock: any Clock,
        local: SocketAddress? = nil
    ) async throws(QUICError) -> [UInt8] {
        guard payload.count <= Limits.EnrolmentListener.maximumPayloadBytes else {
            let limit = Limits.EnrolmentListener.maximumPayloadBytes
            throw QUICError(.busy, "a request of \(payload.count) bytes, where at most \(limit) are read")
        }
        let conversation = EnrolmentConversation.make(payload, loop: loop)
        let local = local ?? (address.family == .ipv4 ? .anyIPv4(port: 0) : .anyIPv6(port: 0))
        let result: Result<[UInt8], QUICError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isTaken = loop.execute {
                    conversation.value.begin(continuation, patience) {
                        let endpoint = try QUICEndpoint(
                            loop: loop,
                            address: local,
                            credentials: credentials,
                            verifier: verifier,
                            protocols: [.enrolment],
                            configuration: configuration,
                            clock: clock
                        )
                        return (endpoint, address)
                    }
                }
                if !isTaken { continuation.resume(returning: .failure(QUICError(.stopping, "the loop has ended"))) }
            }
        } onCancel: {
            loop.executeAlways { conversation.value.end(.failure(QUICError(.stopping, "the caller was cancelled"))) }
        }
        return try result.get()
    }

    private static var configuration: QUICConfiguration {
        var configuration = QUICConfiguration()
        configuration.handshakeTimeout = .seconds(10)
        configuration.idleTimeout = Limits.EnrolmentListener.answerPatience
        configuration.streamWindow = Limits.EnrolmentListener.maximumPayloadBytes + 1_024
        configuration.connectionWindow = Limits.EnrolmentListener.maximumPayloadBytes + 1_024
        configuration.maximumStreams = 0
        configuration.maximumDatagramBytes = 0
        configuration.allowsResumption = false
        configuration.allowsEarlyData = false
        return configuration
    }
}
