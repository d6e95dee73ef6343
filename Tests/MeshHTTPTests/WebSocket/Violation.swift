import MeshHTTP
import MeshTestKit

/// Bytes that break one rule, and the rule.
struct Violation: Sendable, CustomStringConvertible {
    let description: String
    let kind: WebSocketViolation
    let bytes: [UInt8]

    init(_ description: String, _ kind: WebSocketViolation, _ bytes: [UInt8]) {
        self.description = description
        self.kind = kind
        self.bytes = bytes
    }

    private static let begun = MaskedFrames.frame(.text, [65], isFinal: false)

    static let all: [Violation] = [
        Violation("unmasked text", .unmasked, [0x81, 1, 65]),
        Violation("unmasked and empty", .unmasked, [0x81, 0]),
        Violation("unmasked ping", .unmasked, [0x89, 0]),
        Violation("unmasked close", .unmasked, [0x88, 2, 3, 232]),
        Violation("reserved bit 1, as for compression", .reservedBit, [0xC1, 0x80, 0, 0, 0, 0]),
        Violation("reserved bit 2", .reservedBit, [0xA1, 0x80, 0, 0, 0, 0]),
        Violation("reserved bit 3", .reservedBit, [0x91, 0x80, 0, 0, 0, 0]),
        Violation("reserved bit of a ping", .reservedBit, [0xC9, 0x80, 0, 0, 0, 0]),
        Violation("opcode 3", .unknownOpcode, [0x83, 0x80, 0, 0, 0, 0]),
        Violation("opcode 7", .unknownOpcode, [0x87, 0x80, 0, 0, 0, 0]),
        Violation("opcode 11", .unknownOpcode, [0x8B, 0x80, 0, 0, 0, 0]),
        Violation("opcode 15", .unknownOpcode, [0x8F, 0x80, 0, 0, 0, 0]),
        Violation("a part of nothing", .brokenSequence, MaskedFrames.frame(.continuation, [65])),
        Violation("text inside text", .brokenSequence, begun + MaskedFrames.frame(.text, [65])),
        Violation("bytes inside text", .brokenSequence, begun + MaskedFrames.frame(.binary, [65])),
        Violation("a ping in parts", .malformedFrame, [0x09, 0x80, 0, 0, 0, 0]),
        Violation("a close in parts", .malformedFrame, [0x08, 0x80, 0, 0, 0, 0]),
        Violation(
            "a long ping",
            .malformedFrame,
            [0x89, 0xFE, 0, 126, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 126)
        ),
        Violation("16 bits of length for 125", .malformedFrame, [0x81, 0xFE, 0, 125, 0, 0, 0, 0]),
        Violation(
            "64 bits of length for 65535",
            .malformedFrame,
            [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]
        ),
        Violation("a negative length", .malformedFrame, [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Violation("text that is no UTF-8", .notUTF8, MaskedFrames.frame(.text, [0xC3, 0x28])),
        Violation("a surrogate", .notUTF8, MaskedFrames.frame(.text, [0xED, 0xA0, 0x80])),
        Violation("beyond Unicode", .notUTF8, MaskedFrames.frame(.text, [0xF4, 0x90, 0x80, 0x80])),
        Violation("a long form of a slash", .notUTF8, MaskedFrames.frame(.text, [0xC0, 0xAF])),
        Violation(
            "a character that never ends",
            .notUTF8,
            MaskedFrames.frame(.text, [0xC3], isFinal: false) + MaskedFrames.frame(.continuation)
        ),
        Violation("a close of one byte", .badClose, MaskedFrames.frame(.close, [3])),
        Violation("a reason that is no UTF-8", .notUTF8, MaskedFrames.frame(.close, [3, 232, 65, 66, 0xFF])),
    ]
}
