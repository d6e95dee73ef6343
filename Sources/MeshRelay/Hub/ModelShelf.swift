package import MeshActors
package import MeshChat
internal import MeshCore
package import MeshGateway
package import MeshWire

/// Which models a hub can ask now, for its edges: an actor that every edge may call.
package actor ModelShelf: PlainActor {
    package static let kind = ActorKind("models")

    package static var commands: CommandTable<ModelShelf> { CommandTable().accepting(List.self).accepting(Find.self) }

    /// The key of the only one.
    package static let key = "all"

    private let chats: (any ChatPort)?

    private init(_ chats: (any ChatPort)?) { self.chats = chats }

    /// The kind as a hub hosts it: it tells what `chats` can ask.
    package static func hosted(by chats: any ChatPort) -> HostedKind {
        .plain(ModelShelf.self, access: .edges(.any)) { _ in ModelShelf(chats) }
    }

    /// The kind as an edge calls it.
    package static func called() -> HostedKind {
        .plain(ModelShelf.self, placed: .hubs) { _ in ModelShelf(nil) }
    }

    fileprivate func list() async -> ModelList { ModelList(await chats?.models() ?? []) }

    fileprivate func find(_ name: String) async -> ModelList {
        ModelList(await chats?.model(named: name).map { [$0] } ?? [])
    }

    /// Asks for all of them.
    package struct List: PlainCommand {
        package typealias Target = ModelShelf
        package typealias Reply = ModelList
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 1

        /// The only one.
        package init() {}

        package func perform(on target: isolated ModelShelf) async throws(NoRefusal) -> ModelList {
            await target.list()
        }

        package func encode(into writer: inout WireWriter) { Done().encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { _ = try Done(from: &reader) }
    }
}

extension ModelShelf {
    /// Asks for the one of a name, or what that is another name of: the list has it alone, or nothing.
    package struct Find: PlainCommand {
        package typealias Target = ModelShelf
        package typealias Reply = ModelList
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 2

        /// The name.
        package let name: String

        /// Asks for `name`.
        package init(_ name: String) { self.name = name }

        package func perform(on target: isolated ModelShelf) async throws(NoRefusal) -> ModelList {
            await target.find(name)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            writer.write(name)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            name = try reader.readText()
            try reader.endRecord(tail)
        }
    }
}

/// Models, as they travel.
package struct ModelList: Hashable, Sendable {
    /// The models.
    package let models: [ModelDescription]

    /// A list of `models`, of which as many travel as ``Limits/Relay/maximumModels``.
    package init(_ models: [ModelDescription]) { self.models = Array(models.prefix(Limits.Relay.maximumModels)) }
}

extension ModelList: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: models.count)
        for model in models {
            writer.writeArrayHead(count: 6)
            writer.write(model.name)
            writer.write(model.owner)
            writer.write(model.created.millisecondsSince1970)
            writer.write(UInt64(clamping: model.contextTokens))
            writer.write(UInt64(clamping: model.maximumOutputTokens))
            (model.ends?.millisecondsSince1970).encode(into: &writer)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count <= Limits.Relay.maximumModels else {
            throw WireError(.tooManyElements, "a list has at most \(Limits.Relay.maximumModels) models")
        }
        var models: [ModelDescription] = []
        models.reserveCapacity(WireReader.roomBeforeReading(count))
        for _ in 0..<count {
            let tail = try reader.beginRecord(fields: 6)
            models.append(
                ModelDescription(
                    name: try reader.readText(),
                    owner: try reader.readText(),
                    created: WallTime(millisecondsSince1970: try reader.readInt64()),
                    contextTokens: try reader.readInteger(),
                    maximumOutputTokens: try reader.readInteger(),
                    ends: try Int64?(from: &reader).map { WallTime(millisecondsSince1970: $0) }
                )
            )
            try reader.endRecord(tail)
        }
        reader.endNesting()
        self.models = models
    }
}
