import MeshCommandLine
import Testing

@Suite struct `Text of others for a terminal` {
    @Test func `keeps line ends and tabs where it may have lines, and nothing else that moves a cursor`() {
        let text = "a\tb\r\nc\u{1B}[2Jd\u{202E}e\u{7}\n"
        #expect(text.printableLines == "a\tb\nc\\u{1B}[2Jd\\u{202E}e\\u{07}\n")
        #expect(text.printable.contains { $0.isNewline || $0 == "\t" } == false)
    }

    @Test func `is the same piece by piece`() {
        let text = "e\u{301}\r\n👩‍👩‍👧\u{1B}x"
        let pieces = text.unicodeScalars.map { String($0).printableLines }.joined()
        #expect(pieces == text.printableLines)
    }
}
