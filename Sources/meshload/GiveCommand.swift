internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshQUIC
internal import MeshTunnel

/// An edge that uploads to a shelf, whatever becomes of its tunnel.
enum GiveCommand {
    static let command = Command(
        "give",
        summary: "Be an edge that uploads to `meshload shelf`.",
        discussion: "Prints one JSON object: what was sent, its hash, how much of it twice, the streams, and how long.",
        parameters: LoneEdge.parameters + [FetchCommand.bytes]
    ) { invocation in
        let lone = try await LoneEdge.start(invocation)
        let content = ShelfContent(length: UInt64(invocation[FetchCommand.bytes]))
        let name = try ShelfContent.name(length: content.length)
        let upload = ResumableUpload(name, of: content, over: lone.edge.streams())
        let begin = lone.clock.now
        let outcome = try await lone.perform { try await upload.run() }
        let elapsed = lone.clock.now - begin
        let sent = await lone.edge.transport.statistics().endpoint.streamBytesSent
        var line = JSONLine([
            ("bytes", Int(content.length)), ("streams", outcome.streams),
            ("handed_over_twice", Int(outcome.bytesHandedOver) - Int(content.length)),
            ("stream_bytes_sent", Int(sent)), ("milliseconds", Int(elapsed.wholeNanoseconds / 1_000_000)),
        ])
        line.append("sha256", text: "\(content.digest)")
        try invocation.terminal.writeLine(line.text)
        await lone.end()
        return .success
    }
}
