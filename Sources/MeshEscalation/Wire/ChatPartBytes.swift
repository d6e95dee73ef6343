internal import MeshChat
internal import MeshCore
internal import MeshWire

/// A part of a message as it travels: what it is by number, up to three texts, parts inside of it, how long it is kept.
struct ChatPartBytes: WireCodable {
    let part: ChatPart

    init(_ part: ChatPart) { self.part = part }

    static func list(_ parts: [ChatPart]) -> [ChatPartBytes] { parts.map { ChatPartBytes($0) } }

    private static let sorts: [(texts: Int, hasParts: Bool)] = [
        (1, false),  // 0 words
        (2, false),  // 1 a picture: type, base64
        (1, false),  // 2 a picture elsewhere: address
        (3, false),  // 3 a wish for a tool: id, name, arguments
        (1, true),  // 4 what a tool said: id, parts
        (1, true),  // 5 what went wrong with a tool: id, parts
        (2, false),  // 6 thoughts: text, seal
        (1, false),  // 7 sealed thoughts
    ]

    func encode(into writer: inout WireWriter) {
        let (number, texts, parts): (UInt64, [String], [ChatPart]) =
            switch part.content {
            case .text(let text): (0, [text], [])
            case .image(.inline(let type, let base64)): (1, [type, base64], [])
            case .image(.remote(let url)): (2, [url], [])
            case .toolUse(let use): (3, [use.id, use.name, use.arguments], [])
            case .toolResult(let result): (result.isError ? 5 : 4, [result.id], result.parts)
            case .thinking(.open(let text, let signature)): (6, [text, signature], [])
            case .thinking(.sealed(let sealed)): (7, [sealed], [])
            }
        writer.writeArrayHead(count: 4)
        writer.write(number)
        texts.encode(into: &writer)
        Self.list(parts).encode(into: &writer)
        Self.encode(part.cached, into: &writer)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        let number = try reader.readUInt64()
        guard number < UInt64(Self.sorts.count) else { throw WireError(.invalidValue, "no part has that number") }
        let texts = try reader.readList(of: String.self, atMost: 3)
        let parts = try reader.readList(of: ChatPartBytes.self, atMost: Limits.Escalation.maximumParts).map(\.part)
        let cached = try Self.cached(&reader)
        try reader.endRecord(tail)
        let sort = Self.sorts[Int(number)]
        guard texts.count == sort.texts, sort.hasParts || parts.isEmpty else {
            throw WireError(.invalidValue, "a part of number \(number) has other contents")
        }
        let content: ChatPart.Content =
            switch number {
            case 0: .text(texts[0])
            case 1: .image(.inline(type: texts[0], base64: texts[1]))
            case 2: .image(.remote(url: texts[0]))
            case 3: .toolUse(ToolUse(id: texts[0], name: texts[1], arguments: texts[2]))
            case 4, 5: .toolResult(ToolResult(id: texts[0], parts: parts, isError: number == 5))
            case 6: .thinking(.open(text: texts[0], signature: texts[1]))
            default: .thinking(.sealed(texts[0]))
            }
        part = ChatPart(content, cached: cached)
    }

    static func encode(_ cached: CacheTime?, into writer: inout WireWriter) {
        let number: UInt64? =
            switch cached {
            case nil: nil
            case .fiveMinutes?: 0
            case .oneHour?: 1
            }
        number.encode(into: &writer)
    }

    static func cached(_ reader: inout WireReader) throws(WireError) -> CacheTime? {
        switch try UInt64?(from: &reader) {
        case nil: return nil
        case 0?: return .fiveMinutes
        case 1?: return .oneHour
        default: throw WireError(.invalidValue, "nothing is kept for so long")
        }
    }
}
