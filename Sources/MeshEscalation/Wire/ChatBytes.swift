package import MeshChat
internal import MeshCore
internal import MeshJSON
package import MeshWire

/// A whole chat as it travels: all that a ``ChatRequest`` says, in a record of our own.
package struct ChatBytes: WireCodable, Hashable {
    /// What is asked.
    package let request: ChatRequest

    /// `request` for the tunnel.
    package init(_ request: ChatRequest) { self.request = request }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 15)
        writer.write(request.model)
        ChatPartBytes.list(request.system).encode(into: &writer)
        request.messages.map { MessageBytes(message: $0) }.encode(into: &writer)
        request.tools.map { ToolBytes(tool: $0) }.encode(into: &writer)
        encodeChoice(into: &writer)
        writer.write(request.allowsParallelTools)
        request.maximumOutputTokens.map { UInt64(clamping: $0) }.encode(into: &writer)
        encodeSampling(into: &writer)
        request.stopSequences.encode(into: &writer)
        encodeFormat(into: &writer)
        encodeReasoning(into: &writer)
        writer.write(request.isStreamed)
        writer.write(request.wantsUsage)
        writer.write(JSONWriter.text(of: .object(request.metadata)))
        request.user.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 15)
        let model = try reader.readText(atMost: Limits.Escalation.maximumModelBytes)
        let system = try reader.readList(of: ChatPartBytes.self, atMost: Limits.Escalation.maximumParts).map(\.part)
        let messages = try reader.readList(of: MessageBytes.self, atMost: Limits.Escalation.maximumMessages)
        var request = ChatRequest(model: model, system: system, messages: messages.map(\.message))
        request.tools = try reader.readList(of: ToolBytes.self, atMost: Limits.Escalation.maximumTools).map(\.tool)
        request.toolChoice = try Self.choice(&reader)
        request.allowsParallelTools = try reader.readBool()
        request.maximumOutputTokens = try UInt64?(from: &reader).map { Int(clamping: $0) }
        request.sampling = try Self.sampling(&reader)
        request.stopSequences = try reader.readList(of: String.self, atMost: Limits.Escalation.maximumStopSequences)
        request.format = try Self.format(&reader)
        request.reasoning = try Self.reasoning(&reader)
        request.isStreamed = try reader.readBool()
        request.wantsUsage = try reader.readBool()
        guard let metadata = try reader.readJSON().object else { throw WireError(.invalidValue, "no metadata") }
        request.metadata = metadata
        request.user = try String?(from: &reader)
        try reader.endRecord(tail)
        self.request = request
    }
}

// MARK: - Choices

extension ChatBytes {
    private func encodeChoice(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        let (number, name): (UInt64, String?) =
            switch request.toolChoice {
            case .automatic: (0, nil)
            case .none: (1, nil)
            case .required: (2, nil)
            case .named(let name): (3, name)
            }
        writer.write(number)
        name.encode(into: &writer)
    }

    private static func choice(_ reader: inout WireReader) throws(WireError) -> ToolChoice {
        let tail = try reader.beginRecord(fields: 2)
        let number = try reader.readUInt64()
        let name = try String?(from: &reader)
        try reader.endRecord(tail)
        switch (number, name) {
        case (0, _): return .automatic
        case (1, _): return .none
        case (2, _): return .required
        case (3, let name?): return .named(name)
        default: throw WireError(.invalidValue, "no choice of tools has the number \(number)")
        }
    }

    private func encodeFormat(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        switch request.format {
        case .text, .jsonObject:
            writer.write(UInt64(request.format == .text ? 0 : 1))
            writer.writeNil()
            writer.writeNil()
            writer.write(false)
        case .jsonSchema(let name, let schema, let isStrict):
            writer.write(UInt64(2))
            writer.write(name)
            writer.write(JSONWriter.text(of: schema))
            writer.write(isStrict)
        }
    }

    private static func format(_ reader: inout WireReader) throws(WireError) -> ResponseFormat {
        let tail = try reader.beginRecord(fields: 4)
        let number = try reader.readUInt64()
        let name = try String?(from: &reader)
        let schema: JSONValue? = if try reader.readNil() { .none } else { try reader.readJSON() }
        let isStrict = try reader.readBool()
        try reader.endRecord(tail)
        switch (number, name, schema) {
        case (0, _, _): return .text
        case (1, _, _): return .jsonObject
        case (2, let name?, let schema?): return .jsonSchema(name: name, schema: schema, isStrict: isStrict)
        default: throw WireError(.invalidValue, "no format has the number \(number)")
        }
    }

    private func encodeSampling(into writer: inout WireWriter) {
        let sampling = request.sampling
        writer.writeArrayHead(count: 6)
        sampling.temperature.encode(into: &writer)
        sampling.topP.encode(into: &writer)
        sampling.topK.map { Int64($0) }.encode(into: &writer)
        sampling.seed.encode(into: &writer)
        sampling.frequencyPenalty.encode(into: &writer)
        sampling.presencePenalty.encode(into: &writer)
    }

    private static func sampling(_ reader: inout WireReader) throws(WireError) -> Sampling {
        let tail = try reader.beginRecord(fields: 6)
        var sampling = Sampling()
        sampling.temperature = try Double?(from: &reader)
        sampling.topP = try Double?(from: &reader)
        sampling.topK = try Int64?(from: &reader).map { Int($0) }
        sampling.seed = try Int64?(from: &reader)
        sampling.frequencyPenalty = try Double?(from: &reader)
        sampling.presencePenalty = try Double?(from: &reader)
        try reader.endRecord(tail)
        return sampling
    }

    private func encodeReasoning(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        request.reasoning.isWanted.encode(into: &writer)
        request.reasoning.effort.encode(into: &writer)
        request.reasoning.maximumTokens.map { UInt64(clamping: $0) }.encode(into: &writer)
    }

    private static func reasoning(_ reader: inout WireReader) throws(WireError) -> ReasoningWish {
        let tail = try reader.beginRecord(fields: 3)
        var wish = ReasoningWish()
        wish.isWanted = try Bool?(from: &reader)
        wish.effort = try String?(from: &reader)
        wish.maximumTokens = try UInt64?(from: &reader).map { Int(clamping: $0) }
        try reader.endRecord(tail)
        return wish
    }
}

extension WireReader {
    /// A document in text.
    @_lifetime(self: copy self)
    fileprivate mutating func readJSON() throws(WireError) -> JSONValue {
        let text = try readText()
        do throws(JSONError) { return try JSONReader.read(text) } catch {
            throw WireError(.invalidValue, "a document in a chat cannot be read", cause: error)
        }
    }
}

// MARK: - Messages and tools

private struct MessageBytes: WireCodable {
    let message: ChatMessage

    init(message: ChatMessage) { self.message = message }

    func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(UInt64(message.role == .user ? 0 : 1))
        ChatPartBytes.list(message.parts).encode(into: &writer)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        let number = try reader.readUInt64()
        guard number <= 1 else { throw WireError(.invalidValue, "nobody of that number speaks") }
        let parts = try reader.readList(of: ChatPartBytes.self, atMost: Limits.Escalation.maximumParts)
        message = ChatMessage(number == 0 ? .user : .assistant, parts.map(\.part))
        try reader.endRecord(tail)
    }
}

private struct ToolBytes: WireCodable {
    let tool: ChatTool

    init(tool: ChatTool) { self.tool = tool }

    func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 5)
        writer.write(tool.name)
        tool.description.encode(into: &writer)
        writer.write(JSONWriter.text(of: tool.schema))
        writer.write(tool.isStrict)
        ChatPartBytes.encode(tool.cached, into: &writer)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 5)
        tool = ChatTool(
            name: try reader.readText(),
            description: try String?(from: &reader),
            schema: try reader.readJSON(),
            isStrict: try reader.readBool(),
            cached: try ChatPartBytes.cached(&reader)
        )
        try reader.endRecord(tail)
    }
}
