package import MeshCore
package import MeshIO

/// Writes one record for each request.
///
/// Paths may hold what users wrote, as the names of their conversations; queries, fields and bodies are never here to
/// be written.
package struct AccessLog: HTTPServerObserver {
    private let logger: Logger
    private let routes: Router?

    /// A log that writes with `logger`: the pattern of the route in place of a path, where it knows the `routes`.
    package init(logger: Logger, routes: Router? = nil) {
        self.logger = logger
        self.routes = routes
    }

    /// Writes what remains of a request: at `info`, the server's own failures at `error`.
    package func requestEnded(_ record: HTTPRequestRecord) {
        let level = record.status.code >= 500 ? LogLevel.error : .info
        guard level >= logger.minimumLevel else { return }
        // It is told in the connection's turn, not in the request's task.
        TraceContext.$current.withValue(record.trace) { write(record, level) }
    }

    private func write(_ record: HTTPRequestRecord, _ level: LogLevel) {
        logger.log(
            level,
            .request,
            [
                LogField(.request, .text(record.id)), LogField(.client, .text("\(record.client)")),
                LogField(.method, .text(record.method)), place(of: record),
                LogField(.status, .integer(Int64(record.status.code))),
                LogField(.bytesIn, .integer(Int64(clamping: record.bytesIn))),
                LogField(.bytesOut, .integer(Int64(clamping: record.bytesOut))),
                LogField(.elapsed, .duration(record.elapsed)),
            ]
        )
    }

    private func place(of record: HTTPRequestRecord) -> LogField {
        guard let routes else { return LogField(.path, .text(record.path)) }
        return LogField(.route, .text(routes.pattern(of: record.path) ?? "none"))
    }

    /// Writes what happens to a connection: at `debug`, what clients are told no for at `warning`.
    package func connectionChanged(_ event: HTTPConnectionEvent, client: SocketAddress) {
        let level: LogLevel =
            switch event {
            case .opened, .closed: .debug
            case .refused, .handshakeFailed, .timedOut: .warning
            }
        logger.log(
            level,
            .connection,
            [LogField(.change, .text(event.rawValue)), LogField(.client, .text("\(client)"))]
        )
    }
}
