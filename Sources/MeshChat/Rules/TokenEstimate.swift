internal import MeshJSON

/// Tokens of what nobody has counted.
package enum TokenEstimate {
    /// No fewer than the prompt has, by far: a token is at least a byte, and each part is framed by a few.
    ///
    /// For what is reserved, never for what is booked.
    package static func most(of request: ChatRequest) -> Int {
        let size = size(of: request)
        return size.bytes + 16 * size.parts + Self.imageTokens * size.images + 64
    }

    /// About as many as the prompt has: four bytes each, which holds for English.
    package static func likely(of request: ChatRequest) -> Int {
        let size = size(of: request)
        return (size.bytes + 3) / 4 + 4 * size.parts + Self.likelyImageTokens * size.images
    }

    /// No more than the prompt has, unless it is odd: few tokens of any model have more than a dozen bytes.
    ///
    /// For what is refused as too long before anybody has counted.
    package static func fewest(of request: ChatRequest) -> Int { size(of: request).bytes / 12 }

    /// About as many tokens as an answer of so many bytes has.
    package static func likely(ofBytes bytes: Int) -> Int { (max(0, bytes) + 3) / 4 }

    /// The most that either vendor counts for one picture.
    private static var imageTokens: Int { 6_000 }
    private static var likelyImageTokens: Int { 1_600 }

    private struct Size {
        var bytes = 0
        var parts = 0
        var images = 0

        mutating func add(_ text: String) {
            bytes += text.utf8.count
            parts += 1
        }

        mutating func add(_ list: [ChatPart]) {
            for part in list {
                switch part.content {
                case .text(let text): add(text)
                case .image:
                    images += 1
                    parts += 1
                case .toolUse(let use): add(use.id + use.name + use.arguments)
                case .toolResult(let result):
                    add(result.id)
                    add(result.parts)
                case .thinking(.open(let text, let signature)): add(text + signature)
                case .thinking(.sealed(let sealed)): add(sealed)
                }
            }
        }
    }

    private static func size(of request: ChatRequest) -> Size {
        var size = Size()
        size.add(request.system)
        for message in request.messages {
            size.parts += 1
            size.add(message.parts)
        }
        for tool in request.tools {
            size.add(tool.name + (tool.description ?? ""))
            size.add(JSONWriter.text(of: tool.schema))
        }
        if case .jsonSchema(let name, let schema, _) = request.format {
            size.add(name)
            size.add(JSONWriter.text(of: schema))
        }
        return size
    }
}
