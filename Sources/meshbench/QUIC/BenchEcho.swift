internal import MeshActors
internal import MeshWire

/// A plain actor that counts its calls.
actor BenchEcho: PlainActor {
    static let kind = ActorKind("bench-echo")
    static var commands: CommandTable<BenchEcho> { CommandTable().accepting(Count.self) }

    private var count: UInt64 = 0

    private func next() -> UInt64 {
        count += 1
        return count
    }

    struct Count: PlainCommand {
        typealias Target = BenchEcho
        typealias Reply = UInt64
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 1

        init() {}

        func perform(on target: isolated BenchEcho) async throws(NoRefusal) -> UInt64 { target.next() }
        func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }
        init(from reader: inout WireReader) throws(WireError) { try reader.endRecord(reader.beginRecord(fields: 0)) }
    }
}
