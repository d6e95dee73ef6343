import MeshCommands
import MeshCore
import Testing

@Suite struct `A line that is being typed` {
    private static func typed(_ bytes: String, into editor: inout LineEditor) -> [LineEditor.Action] {
        bytes.utf8.map { editor.take($0) }.filter { $0 != .none }
    }

    /// The line with its cursor, after these bytes.
    private static func line(_ bytes: String) -> String {
        var editor = LineEditor()
        _ = typed(bytes, into: &editor)
        return editor.before + "|" + editor.after
    }

    @Test(arguments: [
        ("Grüße 東京🦉", "Grüße 東京🦉|"),
        ("abc\u{1B}[D\u{1B}[D", "a|bc"), ("abc\u{1B}OD", "ab|c"), ("abc\u{02}\u{02}\u{06}", "ab|c"),
        ("abc\u{01}x", "x|abc"), ("abc\u{1B}[Hx\u{1B}[Fy", "xabcy|"), ("abc\u{1B}[1~x\u{1B}[4~y", "xabcy|"),
        ("abc\u{7F}", "ab|"), ("äß\u{08}", "ä|"), ("abc\u{01}\u{1B}[3~", "|bc"), ("abc\u{01}\u{04}", "|bc"),
        ("one two\u{17}", "one |"), ("one two  \u{17}", "one |"), ("one two\u{1B}\u{7F}", "one |"),
        ("one two\u{1B}b\u{0B}", "one |"), ("one two\u{1B}[1;5D\u{1B}[1;3D\u{1B}f", "one| two"),
        ("one two\u{01}\u{1B}d", "| two"), ("one two\u{1B}b\u{15}", "|two"),
        ("one two\u{17}\u{01}\u{19} ", "two |one "), ("a\u{1B}\rb", "a\nb|"),
        // What nobody knows is passed over.
        ("a\u{1B}[99~\u{1B}[1;2P\u{1B}x\u{00}\u{1D}b", "ab|"), ("a\u{1B}\u{1B}[Db", "b|a"),
        // A sign of several scalars is one.
        ("👩‍👩‍👧x\u{7F}\u{7F}", "|"), ("e\u{301}\u{7F}", "|"),
    ])
    func `is edited as in a shell`(bytes: String, line: String) {
        #expect(Self.line(bytes) == line)
    }

    @Test func `takes bytes that are cut anywhere and broken ones alike`() {
        var editor = LineEditor()
        for byte in [0xC3, 0x61, 0xFF, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x0D] as [UInt8] { _ = editor.take(byte) }
        #expect(editor.text.isEmpty, "submitted, for what was cut off is dropped")
        #expect(editor.history.lines == ["a€"])
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<20_000 { _ = editor.take(UInt8.random(in: .min ... .max, using: &generator)) }
        #expect(
            editor.text.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control || $0 == "\n" || $0 == "\t"
            }
        )
    }

    @Test func `is submitted, given up, or ends the program`() {
        var editor = LineEditor()
        #expect(Self.typed("hi\r", into: &editor).last == .submitted("hi"))
        #expect(Self.typed("hi\u{03}", into: &editor).last == .abandoned)
        #expect(editor.text.isEmpty && editor.history.lines == ["hi"])
        #expect(Self.typed("\u{03}", into: &editor) == [.ended])
        #expect(Self.typed("\u{04}", into: &editor) == [.ended])
        #expect(Self.typed("\u{1A}\u{0C}\u{7F}\u{17}", into: &editor) == [.suspended, .cleared, .bell, .bell])
        #expect(Self.typed("\r", into: &editor) == [.submitted("")])
    }

    @Test func `gives back what was typed before, and the draft behind it`() {
        var editor = LineEditor()
        _ = Self.typed("one\rtwo\rtwo\r  \rdraft", into: &editor)
        #expect(editor.history.lines == ["one", "two"])
        var seen: [String] = []
        for key in ["\u{1B}[A", "\u{10}", "\u{1B}OA", "\u{1B}[B", "\u{0E}", "\u{0E}"] {
            let action = Self.typed(key, into: &editor).last
            seen.append(action == .bell ? "bell" : editor.text)
        }
        #expect(seen == ["two", "one", "bell", "two", "draft", "bell"])
    }

    @Test func `takes a pasted text as one, however long it is`() {
        var editor = LineEditor()
        let actions = Self.typed("a\u{1B}[200~b\r\nc\rd\te\u{1B}[31m\u{03}f\u{1B}[201~g", into: &editor)
        #expect(editor.text == "ab\nc\nd\te[31mfg" && actions == [.changed, .changed, .changed])
        _ = Self.typed("\u{15}", into: &editor)
        let room = Limits.Commands.maximumLineBytes
        #expect(Self.typed("\u{1B}[200~\(String(repeating: "ä", count: room))\u{1B}[201~", into: &editor) == [.bell])
        #expect(editor.text.utf8.count <= room && editor.text.utf8.count > room - 8)
        #expect(editor.text.allSatisfy { $0 == "ä" })
        #expect(Self.typed("xyz", into: &editor).last == .bell)
    }

    @Test func `drops a sequence of a key that has no end`() {
        let endless = String(repeating: "1", count: Limits.Commands.maximumKeyBytes + 1)
        #expect(Self.line("\u{1B}[\(endless)ok") == "ok|")
    }
}

@Suite struct `Lines that were typed before` {
    @Test func `are the same out of their file`() {
        var history = LineHistory()
        for line in ["one", "two\nlines", "back\\slash\\n", "tab\there", "ü"] { history.add(line) }
        #expect(history.lines.count == 5)
        #expect(LineHistory(file: history.file) == history)
        #expect(history.file.count { $0 == UInt8(ascii: "\n") } == 5)
    }

    @Test func `are bounded, and what is broken in their file is passed over`() {
        var history = LineHistory()
        for number in 0...Limits.Commands.maximumHistoryLines { history.add("\(number)") }
        #expect(history.lines.count == Limits.Commands.maximumHistoryLines && history.lines.first == "1")
        let known = history
        let long = String(repeating: "x", count: Limits.Commands.maximumHistoryLineBytes + 1)
        for line in [long, " \n ", known.lines.last ?? ""] { history.add(line) }
        #expect(history == known)
        let file: [UInt8] = Array("fine\n\\q\n\u{1B}[2J\nend\\\n".utf8) + [0xFF, 0x0A] + Array("also\n".utf8)
        #expect(LineHistory(file: file).lines == ["fine", "also"])
        let line = Limits.Commands.maximumHistoryLineBytes
        #expect(Limits.Commands.maximumHistoryBytes >= line * Limits.Commands.maximumHistoryLines)
    }
}

@Suite struct `A line of a chat` {
    @Test(arguments: [
        ("  What is it?", ChatOrder.question("  What is it?")), ("", .nothing), (" \t", .nothing), ("/help", .help),
        ("/model", .model(nil)), ("/model  tiny ", .model("tiny")), ("/session trip", .session("trip")),
        ("/clear", .clear), ("/quit", .quit), ("/exit", .quit), ("/what now", .unknown("/what")),
        ("//etc/passwd is what?", .question("/etc/passwd is what?")), ("a /help", .question("a /help")),
    ])
    func `is a question, or an order that begins with a slash`(line: String, order: ChatOrder) {
        #expect(ChatOrder(line) == order)
    }
}
