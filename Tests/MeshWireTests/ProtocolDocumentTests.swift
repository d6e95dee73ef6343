import MeshCore
import MeshTestKit
import MeshWire
import Testing

/// docs/protocol.md is what strangers implement, so the code is held to it.
@Suite struct `The protocol document` {
    private static let path = "docs/protocol.md"

    @Test func `its table of frames is the registry`() throws {
        let rows = try #require(RepositoryFile.block("frames", of: Self.path))
        let expected = FrameRegistration.all.map { row in
            "| 0x\(Hexadecimal.encode([row.type.rawValue])) | \(row.name) | \(grouped(row.maximumPayloadBytes)) "
                + "| \(row.encoding.rawValue) | \(row.sender.rawValue) |"
        }
        #expect(Array(rows.dropFirst(2)) == expected)
    }

    @Test func `its worked example is what we send`() throws {
        let lines = try #require(RepositoryFile.block("example", of: Self.path))
        let bytes = lines.filter { !$0.hasPrefix("```") }.flatMap { line in
            line.split(separator: " ").prefix { $0.allSatisfy(\.isHexDigit) && $0.count.isMultiple(of: 2) }.joined()
        }
        var writer = WireWriter()
        try writer.writeFrame(.hello, Hello(role: .edge, node: try NodeID("laptop-7"), software: "meshnode/0.1.0"))
        #expect(String(bytes) == Hexadecimal.encode(writer.array))
    }

    @Test func `the bounds that it states are the limits`() throws {
        let text = try #require(RepositoryFile.text(Self.path))
        let stated = [
            "arrays of more than \(grouped(Limits.Wire.maximumArrayElements)) elements",
            "maps of more than \(grouped(Limits.Wire.maximumMapEntries))\nentries",
            "beyond \(grouped(Limits.Frame.maximumPayloadBytes)), or beyond what this node stated",
            "at least \(grouped(Limits.Frame.minimumStatedPayloadBytes)) |",
            "at most \(grouped(Limits.ErrorFrame.maximumMessageBytes)) bytes; for people",
            "at most \(Limits.Hello.maximumFeatures), each once",
            "at most \(Limits.Hello.maximumSoftwareBytes) bytes; for people",
            "1–\(Limits.Identifier.maximumBytes) bytes of",
        ]
        for phrase in stated { #expect(text.contains(phrase), "\(phrase)") }
        #expect(text.contains("deeper than \(Limits.Wire.maximumDepth) (an"))
        #expect(text.contains("(\(Limits.Hello.patience.components.seconds) seconds\nunless configured, from"))
    }

    private func grouped(_ number: Int) -> String {
        var digits = String(number)
        for position in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: position))
        }
        return digits
    }
}
