package import MeshActors
internal import MeshCore
package import MeshWire

/// Does on an edge what the operators of its hub ask for: kind `steward`, one for each edge, whose key is its name.
///
/// It lives on the edge and is called over the edge's own tunnel, as every actor is. Hubs alone may call it, and an
/// edge has links to the hubs of its own mesh alone, which it has dialled itself.
package actor NodeSteward: PlainActor {
    package static let kind = ActorKind("steward")

    package static var commands: CommandTable<NodeSteward> {
        CommandTable().accepting(Ping.self).accepting(Renew.self).accepting(Drain.self)
    }

    private let desk: StewardDesk?

    /// A steward who works at `desk`; without one, as on hubs, nobody is a steward here.
    init(desk: StewardDesk?) { self.desk = desk }

    /// The kind as hubs and edges are given it: it lives on the edge that its key names.
    ///
    /// A hub is given it too, so that it can call it; there it never lives, for the hub is no edge.
    package static func hosted(at desk: StewardDesk?) -> HostedKind {
        .plain(NodeSteward.self, placed: .namedByKey(roles: [.edge])) { _ in NodeSteward(desk: desk) }
    }

    fileprivate func duties() throws(StewardRefusal) -> StewardDesk {
        guard let desk else { throw StewardRefusal("this node is no edge") }
        return desk
    }

    // MARK: Commands

    /// Asks for an answer.
    package struct Ping: PlainCommand, Hashable {
        package typealias Target = NodeSteward
        package typealias Reply = Pong
        package typealias Refusal = StewardRefusal

        package static let tag: UInt32 = 1

        /// The only one.
        package init() {}

        package func perform(on target: isolated NodeSteward) async throws(StewardRefusal) -> Pong {
            Pong(wallTimeMilliseconds: try target.duties().answered().millisecondsSince1970)
        }

        package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

        package init(from reader: inout WireReader) throws(WireError) {
            try reader.endRecord(reader.beginRecord(fields: 0))
        }
    }

    /// Asks for another certificate, now.
    package struct Renew: PlainCommand, Hashable {
        package typealias Target = NodeSteward
        package typealias Reply = Renewed
        package typealias Refusal = StewardRefusal

        package static let tag: UInt32 = 2

        /// The only one.
        package init() {}

        package func perform(on target: isolated NodeSteward) async throws(StewardRefusal) -> Renewed {
            let end = try await target.duties().renew()
            return Renewed(notAfterMilliseconds: end.millisecondsSince1970)
        }

        package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

        package init(from reader: inout WireReader) throws(WireError) {
            try reader.endRecord(reader.beginRecord(fields: 0))
        }
    }

    /// Asks to let what is under way end, and to stop.
    package struct Drain: PlainCommand, Hashable {
        package typealias Target = NodeSteward
        package typealias Reply = Draining
        package typealias Refusal = StewardRefusal

        package static let tag: UInt32 = 3

        /// The only one.
        package init() {}

        package func perform(on target: isolated NodeSteward) async throws(StewardRefusal) -> Draining {
            let patience = try target.duties().drain()
            return Draining(patienceMilliseconds: UInt32(clamping: patience.wholeNanoseconds / 1_000_000))
        }

        package func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

        package init(from reader: inout WireReader) throws(WireError) {
            try reader.endRecord(reader.beginRecord(fields: 0))
        }
    }
}

/// A steward has answered a ping.
package struct Pong: WireCodable, Hashable {
    /// What the edge's calendar said then.
    package let wallTimeMilliseconds: Int64

    /// An answer of that moment.
    package init(wallTimeMilliseconds: Int64) { self.wallTimeMilliseconds = wallTimeMilliseconds }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        wallTimeMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        wallTimeMilliseconds = try Int64(from: &reader)
        try reader.endRecord(tail)
    }
}

/// The edge has another certificate.
package struct Renewed: WireCodable, Hashable {
    /// When it ends.
    package let notAfterMilliseconds: Int64

    /// A certificate that ends then.
    package init(notAfterMilliseconds: Int64) { self.notAfterMilliseconds = notAfterMilliseconds }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        notAfterMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        notAfterMilliseconds = try Int64(from: &reader)
        try reader.endRecord(tail)
    }
}

/// The edge goes.
package struct Draining: WireCodable, Hashable {
    /// How long it lets what is under way take at most.
    package let patienceMilliseconds: UInt32

    /// It goes, and takes no longer than that.
    package init(patienceMilliseconds: UInt32) { self.patienceMilliseconds = patienceMilliseconds }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        patienceMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        patienceMilliseconds = try UInt32(from: &reader)
        try reader.endRecord(tail)
    }
}

/// A steward says no, in words for the operator who has asked.
package struct StewardRefusal: WireCodable, Error, Hashable {
    /// A sentence, of ``Limits/Steward/maximumRefusalBytes`` at most.
    package let message: String

    /// No, for that reason.
    package init(_ message: String) { self.message = message.cut(toBytes: Limits.Steward.maximumRefusalBytes) }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        message.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        message = try reader.readText()
        try reader.endRecord(tail)
        guard message.utf8.count <= Limits.Steward.maximumRefusalBytes else {
            throw WireError(.invalidValue, "a refusal of \(message.utf8.count) bytes")
        }
    }
}
