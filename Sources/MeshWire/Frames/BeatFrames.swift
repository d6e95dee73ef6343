internal import MeshCore

/// The payload of ``FrameType/heartbeatAcknowledgement``: the hub has a beat.
package struct BeatAcknowledgement: WireCodable, Hashable {
    /// Which one.
    package let sequence: UInt64

    /// What the hub's clock said when it came, in milliseconds since 1970.
    package let receivedMilliseconds: Int64

    /// The answer to the beat `sequence`.
    package init(sequence: UInt64, receivedMilliseconds: Int64) {
        self.sequence = sequence
        self.receivedMilliseconds = receivedMilliseconds
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        sequence.encode(into: &writer)
        receivedMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        sequence = try reader.readUInt64()
        receivedMilliseconds = try reader.readInt64()
        try reader.endRecord(tail)
    }
}

/// The payload of ``FrameType/preWarm``: an edge that is short of room will soon ask its hub for what it does itself.
package struct PreWarm: WireCodable, Hashable {
    /// For which project the edge works; nil where for none, or many.
    package let project: String?

    /// With which adapter; nil where with none.
    package let adapter: String?

    /// What the edge's clock said, in milliseconds since 1970.
    package let timestampMilliseconds: Int64

    /// A request of our own, whose names keep their bound.
    package init(project: String?, adapter: String?, timestampMilliseconds: Int64) {
        self.project = project?.cut(toBytes: Limits.PreWarm.maximumNameBytes)
        self.adapter = adapter?.cut(toBytes: Limits.PreWarm.maximumNameBytes)
        self.timestampMilliseconds = timestampMilliseconds
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        project.encode(into: &writer)
        adapter.encode(into: &writer)
        timestampMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        project = try String?(from: &reader)
        adapter = try String?(from: &reader)
        timestampMilliseconds = try reader.readInt64()
        try reader.endRecord(tail)
        let limit = Limits.PreWarm.maximumNameBytes
        for name in [project, adapter] where name?.isEmpty == true || (name?.utf8.count ?? 0) > limit {
            throw WireError(.invalidValue, "a name of \(name?.utf8.count ?? 0) bytes, where 1 to \(limit) are allowed")
        }
    }
}
