import MeshCore
import MeshEscalation
import MeshSessions
import MeshTestKit
import Testing

/// docs/protocol.md is what strangers implement, so the code is held to it.
@Suite struct `The document of the protocol` {
    private func grouped(_ number: Int) -> String {
        var (digits, groups) = (String(number), [String]())
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    @Test func `states the limits of escalation`() throws {
        let text = try #require(RepositoryFile.text("docs/protocol.md"))
        let lines = text.split(separator: "\n").drop { $0 != "## 11. Escalation" }
        let section = lines.joined(separator: "\n")
        #expect(!section.isEmpty)
        let growth = Limits.Escalation.redactionGrowth
        let longest = Int(Limits.Escalation.longestPatience.components.seconds) * 1_000
        let stated = [
            "query | text | 1–\(grouped(Limits.Escalation.maximumQueryBytes * growth)) bytes",
            "at most \(Limits.Escalation.maximumTurns); role 0 the asker, 1 the model; "
                + "1–\(grouped(Limits.Sessions.maximumMessageBytes * growth)) bytes each",
            "1–\(grouped(Limits.Sessions.maximumFramingBytes * growth)) bytes: what the asker is after",
            "at most \(Limits.Sessions.maximumKnowledgePieces); names of "
                + "1–\(grouped(Limits.Sessions.maximumKnowledgeNameBytes * growth)) bytes, "
                + "texts of 1–\(grouped(Limits.Sessions.maximumKnowledgeBytes * growth))",
            "at most \(Limits.Sessions.maximumConstraints), of "
                + "1–\(grouped(Limits.Sessions.maximumConstraintBytes * growth)) bytes",
            "1 … \(grouped(Limits.Escalation.maximumTokens))",
            "at most \(grouped(Limits.Escalation.maximumTextBytes)) bytes",
            "more than \(grouped(longest)) count as that",
            "items of at most \(grouped(Limits.Escalation.maximumItemBytes)) bytes",
            "in at most \(Limits.Escalation.maximumReceiptBytes) bytes",
            "When \(grouped(Limits.Escalation.windowBytes)) bytes are kept",
            "every \(grouped(Int(Limits.Escalation.acknowledgementBytes))) bytes",
            "for \(Limits.Escalation.orphanPatience.components.seconds) seconds the hub stops",
            "keeps for \(Limits.Escalation.keptPatience.components.seconds) seconds more",
            "at most \(grouped(Limits.Escalation.maximumMessages)); roles",
            "| system | array of *parts* | at most \(grouped(Limits.Escalation.maximumParts)) |",
            "at most \(Limits.Escalation.maximumTools) |", "at most \(Limits.Escalation.maximumStopSequences) |",
            "text: for people, at most \(grouped(Limits.Escalation.maximumMessageBytes)) bytes",
        ]
        for phrase in stated { #expect(section.contains(phrase), "\(phrase)") }
    }
}
