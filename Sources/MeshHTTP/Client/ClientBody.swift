internal import MeshCore
internal import MeshIO

/// The body of an answer, in pieces as they come.
///
/// To be read once, by one task. While nobody reads, the server is held back. Cancelling the task that reads, or
/// letting go of the body before its end, stops the request at once, and the server is told.
package final class ClientBody: RequestBodySource {
    private let transfer: ClientConfined<CurlTransfer>
    private let client: HTTPClient

    /// How long the server said it is; nil where it said nothing.
    package let declaredLength: UInt64?

    init(_ transfer: CurlTransfer, of client: HTTPClient, declaredLength: UInt64?) {
        self.transfer = ClientConfined(transfer, on: client.loop)
        self.client = client
        self.declaredLength = declaredLength
    }

    deinit { cancel() }

    /// The next piece, never empty; nil at the end.
    ///
    /// What has arrived before a connection broke is read before that is told.
    package func next() async throws(HTTPError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: CurlTransfer.Reader) in
                let transfer = transfer
                if client.loop.isOnLoop { return transfer.value.read(continuation) }
                if !client.loop.execute({ transfer.value.read(continuation) }) {
                    continuation.resume(returning: .failure(client.refusal))
                }
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    /// All of it; throws `tooLarge` where it has more than `limit` bytes, and stops the request.
    package func collect(upTo limit: Int) async throws(HTTPError) -> [UInt8] {
        do throws(HTTPError) {
            return try await RequestBody(declaredLength: declaredLength, source: self).collect(upTo: limit)
        } catch {
            cancel()
            throw error
        }
    }

    /// Stops the request, if it is not over; safe to call from anywhere, any number of times.
    package func cancel() {
        let (transfer, loop) = (transfer, client.loop)
        if loop.isOnLoop { transfer.value.cancel() } else { loop.executeAlways { transfer.value.cancel() } }
    }
}

/// Something that lives on a loop, held by those who do not: they may carry it, and only the loop opens it.
struct ClientConfined<Value>: @unchecked Sendable {
    // Sendable although `Value` is not: it is reached only through `value`, which traps off the loop.
    private let content: Value
    private let loop: EventLoop

    init(_ content: Value, on loop: EventLoop) {
        self.content = content
        self.loop = loop
    }

    var value: Value {
        loop.preconditionOnLoop()
        return content
    }
}
