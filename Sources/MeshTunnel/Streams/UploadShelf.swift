internal import MeshActors
internal import MeshCore
internal import MeshWire

/// Receives content by name, and says how much of it there is: the serving half of ``ResumableUpload``.
///
///     stream ──▶ waits for the one before ──▶ holds the sink ──▶ ends
///                        └──a newer one came: refused   └──a newer one came: sealed, and ends with what had arrived
///
/// Of one name of one node the newest stream counts. The one before it takes nothing more from its peer and puts what
/// had arrived into the sink; only then the newer one learns how far the sink is. So no two write to a sink at a time,
/// and what arrived is not sent again.
package actor UploadShelf {
    private let sinks: any ByteSinks
    private var lines: [Key: Line] = [:]
    private var lastNumber = 0

    private struct Key: Hashable {
        let node: NodeID
        let name: StreamName
    }

    /// The streams of one name.
    private struct Line {
        /// The newest.
        var latest = 0
        var holder: Holder?
        var waiting = 0
    }

    /// Who alone uses the sink.
    private struct Holder {
        let number: Int
        let channel: any ByteChannel
        let ended = OneShot<Done>()
    }

    /// A shelf that puts what it receives into `sinks`.
    package init(_ sinks: any ByteSinks) { self.sinks = sinks }

    /// Serves a stream for `put/<name>` or `progress/<name>` to its end.
    ///
    /// An `ErrorFrame` that it throws is for the peer.
    package func serve(_ channel: any ByteChannel) async throws {
        guard let purpose = StreamPurpose(channel.purpose), purpose.word != .get else {
            throw ErrorFrame(code: .notFound, message: "nothing of that name is taken")
        }
        let key = Key(node: channel.node, name: purpose.name)
        let number = try await hold(key, channel)
        defer { release(key, number) }
        guard let sink = try await sinks.sink(named: purpose.name, from: channel.node) else {
            throw ErrorFrame(code: .notFound, message: "nothing of that name is taken")
        }
        if purpose.word == .put {
            try await Self.receive(channel, into: sink)
        } else {
            try await channel.waitForEnd()
        }
        try await channel.write(try await sink.progress().wireBytes)
        try await channel.finish()
    }

    private static func receive(_ channel: any ByteChannel, into sink: any ByteSink) async throws {
        let progress = try await sink.progress()
        guard channel.offset == progress.received else {
            throw ErrorFrame(code: .offsetRefused, message: "the next byte is that at \(progress.received)")
        }
        guard !progress.isComplete else {
            return try await channel.waitForEnd()
        }
        while let bytes = try await channel.read() { try await sink.append(bytes) }
        try await sink.complete()
    }

    /// Returns once the caller alone may use the sink of `key`.
    private func hold(_ key: Key, _ channel: any ByteChannel) async throws -> Int {
        guard lines[key] != nil || lines.count < Limits.Streams.maximumUploads else {
            throw ErrorFrame(
                code: .overloaded,
                message: "too many uploads at a time",
                retryAfterMilliseconds: 1_000
            )
        }
        lastNumber += 1
        let number = lastNumber
        lines[key, default: Line()].latest = number
        lines[key]?.waiting += 1
        defer {
            lines[key]?.waiting -= 1
            forgetIfUnused(key)
        }
        while let holder = lines[key]?.holder {
            holder.channel.seal()
            _ = try await holder.ended.wait()
            guard lines[key]?.latest == number else {
                throw ErrorFrame(code: .offsetRefused, message: "a newer stream has taken its place")
            }
        }
        lines[key]?.holder = Holder(number: number, channel: channel)
        return number
    }

    private func release(_ key: Key, _ number: Int) {
        guard let holder = lines[key]?.holder, holder.number == number else { return }
        lines[key]?.holder = nil
        holder.ended.open(Done())
        forgetIfUnused(key)
    }

    private func forgetIfUnused(_ key: Key) {
        if let line = lines[key], line.holder == nil, line.waiting == 0 { lines[key] = nil }
    }
}
