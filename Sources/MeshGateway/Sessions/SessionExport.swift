internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshJSON
internal import MeshSessions

/// A whole conversation as one document, written page by page, so that none of them is held but the one at hand.
struct SessionExport: Sendable {
    let id: SessionID
    let port: any SessionPort
    let caller: Caller
    let head: SessionHead
    let first: SessionPage

    /// Writes all of it.
    ///
    /// A problem behind the first page breaks the connection off, so that nobody takes what came for all.
    func write(to writer: ResponseWriter) async throws {
        // The document without messages, but for the two marks that end it.
        let end = Array("]}".utf8)
        let document = JSONWriter.bytes(of: SessionDocument.json(head, []))
        precondition(document.suffix(end.count) == end[...], "the messages come last")
        try await writer.write(Array(document.dropLast(end.count)))
        var (page, written) = (first, 0)
        while true {
            var bytes: [UInt8] = []
            for message in page.messages {
                if written > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += JSONWriter.bytes(of: SessionDocument.json(message))
                written += 1
            }
            if !bytes.isEmpty { try await writer.write(bytes) }
            guard page.hasMore, written < Limits.Gateway.maximumExportedMessages, let last = page.messages.last else {
                break
            }
            page = try await port.messages(id, after: last.number, caller)
        }
        try await writer.write(end)
    }
}
