internal import MeshCore
package import MeshIO

/// Makes requests over HTTP/1.1 and HTTP/2, on one loop: connections are kept, shared, bounded and watched.
///
/// Callable from any task; cheapest from one that prefers the loop. Nothing is tried again but what cannot have been
/// done (``MeshError/isSurelyNotSent`` tells callers who want to), no redirect is followed, nothing is decompressed.
/// Whoever makes a client closes it before its loop stops.
package final class HTTPClient: Sendable {
    let loop: EventLoop
    private let core: ClientConfined<ClientCore>
    private let sendsTrace: Bool

    /// A client on `loop`; throws `untrusted` where the library does not take the certificates.
    package init(
        loop: EventLoop,
        configuration: ClientConfiguration = ClientConfiguration(),
        observer: (any ClientObserver)? = nil
    ) async throws(HTTPError) {
        self.loop = loop
        sendsTrace = configuration.sendsTrace
        do {
            core = try await loop.run {
                let core = try ClientCore(loop: loop, configuration: configuration, observer: observer)
                return ClientConfined(core, on: loop)
            }
        } catch let error as HTTPError {
            throw error
        } catch {
            throw HTTPError(.stopping, "the loop takes no client", cause: error)
        }
    }

    deinit {
        let core = core
        loop.executeAlways { core.value.close() }
    }

    /// Makes a request, and returns the answer once its head is there.
    ///
    /// Cancelling the task stops the request at once, and the server is told. What the error says of how far the
    /// request had come: ``MeshError/progress``.
    package func send(_ request: ClientRequest) async throws(HTTPError) -> ClientResponse {
        let transfer = ClientConfined(CurlTransfer(sendsTrace ? Self.traced(request) : request), on: loop)
        let (loop, core) = (loop, core)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: CurlTransfer.Waiter) in
                if loop.isOnLoop { return transfer.value.begin(core.value, for: self, waiter) }
                if !loop.execute({ transfer.value.begin(core.value, for: self, waiter) }) {
                    waiter.resume(returning: .failure(refusal))
                }
            }
        } onCancel: {
            if loop.isOnLoop { transfer.value.cancel() } else { loop.executeAlways { transfer.value.cancel() } }
        }
        return try result.get()
    }

    private static func traced(_ request: ClientRequest) -> ClientRequest {
        guard let trace = TraceContext.current, !request.fields.contains(.traceparent) else { return request }
        var request = request
        request.fields.append(.traceparent, trace.traceparent)
        return request
    }

    /// Fails all requests with `stopping`, closes all connections, and returns when all is let go.
    package func close() async {
        let core = core
        await withUnsafeContinuation { continuation in
            loop.executeAlways {
                core.value.close()
                continuation.resume()
            }
        }
    }

    /// Requests under way, those that wait for a place, and handles kept for the next ones.
    package func counts() async -> (underWay: Int, waiting: Int, spare: Int) {
        let core = core
        return await withUnsafeContinuation { continuation in
            loop.executeAlways { continuation.resume(returning: core.value.counts) }
        }
    }

    /// Why the loop has taken nothing.
    var refusal: HTTPError {
        let cause = loop.refusal
        return HTTPError(cause.code == .tooMany ? .tooMany : .stopping, "the client's loop takes nothing", cause: cause)
    }
}
