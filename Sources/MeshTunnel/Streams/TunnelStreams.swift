internal import MeshActors
package import MeshCore

/// What resumable streams to one hub need: who opens them, and who says when there is a tunnel again.
package struct TunnelStreams: Sendable {
    let opener: any ByteChannelOpener
    let clock: any Clock
    private let waitForTunnel: @Sendable () async throws(CancellationError) -> Void

    /// Streams of `opener`, which are begun when `waitForTunnel` has returned: it does at once where there is one.
    package init(
        opener: any ByteChannelOpener,
        clock: any Clock,
        waitForTunnel: @escaping @Sendable () async throws(CancellationError) -> Void
    ) {
        self.opener = opener
        self.clock = clock
        self.waitForTunnel = waitForTunnel
    }

    /// Opens a stream once there is a tunnel.
    func open(_ purpose: StreamPurpose, offset: UInt64) async throws(TransportError) -> any ByteChannel {
        do throws(CancellationError) {
            try await waitForTunnel()
        } catch {
            throw TransportError(.lost, "the caller was cancelled", cause: error)
        }
        return try await opener.open(purpose.text, offset: offset)
    }

    /// Pauses, unless the caller is cancelled.
    func pause(_ duration: Duration) async throws(StreamError) {
        do throws(CancellationError) {
            if duration > .zero { try await clock.sleep(for: duration) }
            guard !Task.isCancelled else { throw CancellationError() }
        } catch {
            throw .wasCancelled
        }
    }
}
