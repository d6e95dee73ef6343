/// A connection that somebody waits for, and may not want any more.
///
/// Confined to the loop.
final class ConnectionAttempt: @unchecked Sendable {
    // Sendable: whoever makes it hands it to the loop, which alone touches it from then on.
    private weak var connection: QUICConnection?
    private var isCancelled = false

    /// Packets of it are on their way.
    func began(_ connection: QUICConnection) {
        self.connection = connection
        if isCancelled { cancel() }
    }

    /// Nobody waits any more.
    func cancel() {
        isCancelled = true
        connection?.close(code: 0, "the caller was cancelled")
    }
}
