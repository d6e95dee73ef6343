import MeshInference
import Testing

@Suite("The text of an answer while its tokens come")
struct AnswerTextTests {
    @Test("A character that is cut between tokens is shown when it is whole")
    func characters() {
        for text in ["Grüße, Welt 🌍!", "日本語", "a\u{301}é"] {
            let bytes = Array(text.utf8)
            for size in 1...4 {
                var answer = AnswerText()
                var shown: [String] = []
                for start in stride(from: 0, to: bytes.count, by: size) {
                    shown.append(answer.take(bytes[start..<min(bytes.count, start + size)]))
                }
                shown.append(answer.finish())
                #expect(shown.joined() == text)
                #expect(!shown.joined().contains("\u{FFFD}"))
            }
        }
    }

    @Test("What is no UTF-8 is shown as a replacement, and holds nothing back for ever")
    func garbage() {
        var answer = AnswerText()
        #expect(answer.take([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(answer.take([0xE2, 0x82]) == "")
        #expect(answer.take([0x63]) == "\u{FFFD}c")
        #expect(answer.take([0xF0, 0x9F]) == "")
        #expect(answer.finish() == "\u{FFFD}")
    }

    @Test("A stop sequence is found wherever the tokens cut it, and nothing of it is shown")
    func stops() {
        let whole = "one two STOP three"
        for size in 1...whole.utf8.count {
            var answer = AnswerText(stops: ["", "END", "STOP"])
            var shown = ""
            let bytes = Array(whole.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                shown += answer.take(bytes[start..<min(bytes.count, start + size)])
            }
            #expect(shown + answer.finish() == "one two ")
            #expect(answer.stop == 2)
        }
    }

    @Test("What only begins like a stop sequence is shown as soon as that is clear")
    func almost() {
        var answer = AnswerText(stops: ["STOP"])
        #expect(answer.take("STO".utf8) == "")
        #expect(answer.take("RY S".utf8) == "STORY ")
        #expect(answer.take("TO".utf8) == "")
        #expect(answer.finish() == "STO")
        #expect(answer.stop == nil)
    }

    @Test("Of two stop sequences the one that begins first counts")
    func first() {
        var answer = AnswerText(stops: ["b", "ab"])
        #expect(answer.take("xab".utf8) == "x")
        #expect(answer.stop == 1)
    }
}
