internal import MeshActors
internal import MeshCore
internal import MeshQUIC

/// A hub's transport that sends requests of this benchmark back, before actors see them.
///
/// So the same function answers over a bare link and over a tunnel, whose hub also answers probes.
struct EchoingTransport: Transport {
    let transport: QUICTransport

    /// No call of an actor begins with this byte.
    static let payload = [UInt8](repeating: 0xFF, count: 64)

    nonisolated(nonsending) func request(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        try await transport.request(payload, to: node, deadline: deadline)
    }

    nonisolated(nonsending) func post(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) {
        try await transport.post(payload, to: node, deadline: deadline)
    }

    func serve(_ handler: @escaping RequestHandler) async {
        await transport.serve { request in
            if request.payload.first == Self.payload.first { return request.payload }
            return await handler(request)
        }
    }

    var cancelsHandlers: Bool { transport.cancelsHandlers }
}
