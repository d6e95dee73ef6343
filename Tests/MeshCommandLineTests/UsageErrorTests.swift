import MeshCommandLine
import Testing

/// One wrong command line, and what it is answered with.
struct Mistake: CustomTestStringConvertible {
    let words: String
    let message: String
    let help: String

    init(_ words: String, _ message: String, help: String) {
        self.words = words
        self.message = message
        self.help = help
    }

    var testDescription: String { words.isEmpty ? "(nothing)" : words }
}

struct UsageErrorTests {
    private static let water = "garden water"

    static let mistakes = [
        Mistake("watr", "unknown command 'watr'; did you mean 'water'?", help: "garden"),
        Mistake("wtaer", "unknown command 'wtaer'; did you mean 'water'?", help: "garden"),
        Mistake("weat", "unknown command 'weat'; did you mean 'weather'?", help: "garden"),
        Mistake("bridge", "unknown command 'bridge'", help: "garden"),
        Mistake("secre", "unknown command 'secre'", help: "garden"),
        Mistake("seeds cuont", "unknown command 'cuont'; did you mean 'count'?", help: "garden seeds"),
        Mistake("", "'garden' needs a command: water, seeds, weather, completions", help: "garden"),
        Mistake("seeds -- count", "'garden seeds' needs a command: count, sort", help: "garden seeds"),
        Mistake("seeds --json", "'garden seeds' needs a command: count, sort", help: "garden seeds"),
        Mistake("water --liter 3", "unknown option '--liter'; did you mean '--liters'?", help: water),
        Mistake("water --ltiers=3", "unknown option '--ltiers'; did you mean '--liters'?", help: water),
        Mistake("water -json", "unknown option '-json'; did you mean '--json'?", help: water),
        Mistake("water --shovel", "unknown option '--shovel'", help: water),
        Mistake("water --version", "unknown option '--version'", help: water),
        Mistake("--bed north water", "unknown option '--bed'; it belongs behind 'garden water'", help: "garden"),
        Mistake("water --bed a --bed b 1", "'--bed' may be given only once", help: water),
        Mistake("water --json 1 --json", "'--json' may be given only once", help: water),
        Mistake("water 1 --bed", "'--bed TEXT' lacks its value", help: water),
        Mistake("water --bed -- 1", "'--bed TEXT' lacks its value", help: water),
        Mistake(
            "water --bed --deep 1",
            "'--bed TEXT' lacks its value; for the value '--deep' write '--bed=--deep'",
            help: water
        ),
        Mistake("water --deep=yes 1", "'--deep' takes no value", help: water),
        Mistake(
            "water --liters 51 --bed b 1",
            "invalid value '51' for '--liters N': expected a whole number from 1 to 50",
            help: water
        ),
        Mistake(
            "water --bed b one",
            "invalid value 'one' for 'ROW': expected a whole number",
            help: water
        ),
        Mistake(
            "water --bed b --plant fren 1",
            "invalid value 'fren' for '--plant PLANT': expected fern | moss | mallow; did you mean 'fern'?",
            help: water
        ),
        Mistake(
            "water --bed b --pause 5 1",
            "invalid value '5' for '--pause DURATION': expected a duration such as 250ms, 30s, 5m or 24h",
            help: water
        ),
        Mistake("water 1", "missing '--bed TEXT'", help: water),
        Mistake("water --bed b", "missing 'ROW'", help: water),
        Mistake("seeds count", "missing 'SHELF'", help: "garden seeds count"),
        Mistake("seeds count a moss c d", "unexpected argument 'c'", help: "garden seeds count"),
        Mistake("water --bed b --liters 50 --deep 1", "'--deep' allows at most 49 liters", help: water),
        Mistake(
            "completions fsh",
            "invalid value 'fsh' for 'SHELL': expected bash | zsh | fish; did you mean 'zsh'?",
            help: "garden completions"
        ),
    ]

    @Test(arguments: mistakes)
    func `each mistake is answered with its cause and the way to help`(mistake: Mistake) async {
        let transcript = await Transcript.of(Garden.program, mistake.words)
        #expect(transcript.error == "garden: error: \(mistake.message)\nSee '\(mistake.help) --help'.\n")
        #expect(transcript.output.isEmpty)
        #expect(transcript.code == .usage)
    }

    @Test
    func `a list that is too short is told its least length`() async {
        let peers = Option<[String]>("peer", atLeast: 2, "A peer.")
        let program = Program(Command("mesh", summary: "Join.", parameters: [peers]) { _ in .success }, version: "1")
        let transcript = await Transcript.of(program, "--peer a")
        #expect(transcript.error == "mesh: error: missing '--peer TEXT' (at least 2 times)\nSee 'mesh --help'.\n")
        #expect(await Transcript.of(program, "--peer a --peer b").code == .success)
    }

    @Test
    func `a word in a message stays on its line and is cut when long`() async {
        let word = "--\u{1b}[2J\n" + String(repeating: "x", count: 100)
        let transcript = await Transcript.of(Garden.program, arguments: ["water", word])
        let shown = "--\\u{1B}[2J\\n" + String(repeating: "x", count: 53) + "…"
        #expect(transcript.error == "garden: error: unknown option '\(shown)'\nSee 'garden water --help'.\n")
    }
}
