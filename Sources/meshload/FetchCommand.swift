internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshTunnel

/// An edge that downloads from a shelf, whatever becomes of its tunnel.
enum FetchCommand {
    static let bytes = Option<Int>("bytes", as: .within(1...10_000_000_000), default: 10_000_000, "How many bytes.")

    static let command = Command(
        "fetch",
        summary: "Be an edge that downloads from `meshload shelf`.",
        discussion: "Prints one JSON object: what came, its hash, the streams that it took, and how long.",
        parameters: LoneEdge.parameters + [bytes]
    ) { invocation in
        let lone = try await LoneEdge.start(invocation)
        let channels = CountedChannels(HubChannels(of: lone.edge), for: .get)
        let streams = lone.edge.streams(by: channels)
        let name = try ShelfContent.name(length: UInt64(invocation[bytes]))
        let begin = lone.clock.now
        let (received, digest) = try await lone.perform {
            var (received, hash) = (0, SHA256())
            for try await piece in ResumableDownload(name, over: streams) {
                piece.withUnsafeBytes { hash.update($0) }
                received += piece.count
            }
            return (received, hash.finish())
        }
        let elapsed = lone.clock.now - begin
        var line = JSONLine([
            ("bytes", received), ("streams", channels.count),
            ("milliseconds", Int(elapsed.wholeNanoseconds / 1_000_000)),
        ])
        line.append("sha256", text: "\(digest)")
        try invocation.terminal.writeLine(line.text)
        await lone.end()
        return .success
    }
}
