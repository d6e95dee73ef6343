internal import MeshCore

/// Ids of tool calls as one vendor made them and the other takes them; the same id always becomes the same.
enum ToolName {
    /// OpenAI takes forty bytes.
    static func forOpenAI(_ id: String) -> String { id.utf8.count <= 40 ? id : "call_" + hash(id) }

    /// Anthropic takes letters, digits, `_` and `-`.
    static func forAnthropic(_ id: String) -> String {
        let isTaken = !id.isEmpty && id.utf8.count <= 128 && id.utf8.allSatisfy(isWordByte)
        return isTaken ? id : "toolu_" + hash(id)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func hash(_ id: String) -> String {
        var hash = SHA256()
        Array(id.utf8).withUnsafeBytes { hash.update($0) }
        return String(Hexadecimal.encode(hash.finish().bytes).prefix(32))
    }
}
