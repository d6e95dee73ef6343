internal import MeshCore

/// Refuses chat templates whose expressions would cost the library its stack: it follows them by recursion.
///
/// What goes on for ever, or nests statements, the library bounds itself (native/meshllm/allowance.h). Pure.
package enum TemplateCheck {
    /// Throws `unreadable` for what is too long or too deep; says nothing about whether the rest can be read.
    package static func check(_ template: String) throws(EngineError) {
        guard template.utf8.count <= Limits.Inference.maximumTemplateBytes else {
            throw EngineError(
                .unreadable,
                "the chat template has more than \(Limits.Inference.maximumTemplateBytes) bytes"
            )
        }
        var scanner = Scanner()
        for byte in template.utf8 { try scanner.take(byte) }
    }

    /// Goes through a template as the library's lexer does: a brace that was opened in an expression does not end it.
    private struct Scanner {
        private enum Place { case text, comment, expression }

        private var place = Place.text
        private var before: UInt8 = 0
        private var quote: UInt8?
        private var bytes = 0
        private var depth = 0
        private var braces = 0

        mutating func take(_ byte: UInt8) throws(EngineError) {
            var last = byte
            switch place {
            case .text:
                guard before == UInt8(ascii: "{") else { break }
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "%"):
                    (place, bytes, depth, braces, last) = (.expression, 0, 0, 0, 0)
                case UInt8(ascii: "#"): (place, last) = (.comment, 0)
                default: break
                }
            case .comment:
                if before == UInt8(ascii: "#"), byte == UInt8(ascii: "}") { (place, last) = (.text, 0) }
            case .expression:
                last = try takeCode(byte)
            }
            before = last
        }

        /// A byte within an expression; returns what the next one has before it.
        private mutating func takeCode(_ byte: UInt8) throws(EngineError) -> UInt8 {
            if let quote {
                // What is escaped ends nothing.
                if before == UInt8(ascii: "\\") { return 0 }
                if byte == quote { self.quote = nil }
                return byte
            }
            bytes += 1
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "{"): (depth, braces) = (depth + 1, braces + 1)
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth = max(0, depth - 1)
            case UInt8(ascii: "}"):
                if braces == 0, before == UInt8(ascii: "}") || before == UInt8(ascii: "%") {
                    place = .text
                    return 0
                }
                if braces > 0 {
                    (depth, braces) = (max(0, depth - 1), braces - 1)
                    return 0
                }
            default: break
            }
            guard bytes <= Limits.Inference.maximumExpressionBytes, depth <= Limits.Inference.maximumExpressionDepth
            else { throw EngineError(.unreadable, "an expression of the chat template is too long or too deep") }
            return byte
        }
    }
}
