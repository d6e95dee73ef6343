import MeshCommandLine
import Testing

struct ParsingTests {
    private func output(_ words: String) async -> String {
        let transcript = await Transcript.of(Garden.program, words)
        #expect(transcript.error.isEmpty)
        return transcript.output
    }

    @Test
    func `values arrive with the types of their keys`() async {
        let words = "water --liters 7 --bed=north --plant moss --tool a --tool=b --pause 5m --deep --json 1 2"
        #expect(
            await output(words) == #"7l north moss ["a", "b"] 300.0 seconds deep=true json=true rows=2 sum=3"# + "\n"
        )
    }

    @Test
    func `what is not said has its default`() async {
        let expected = "10l north all [] 90.0 seconds deep=false json=false rows=1 sum=4\n"
        #expect(await output("water 4 --bed north") == expected)
    }

    @Test(arguments: [
        "--json water --bed b 1 2", "water 1 --bed b 2 --json", "water --json 1 2 --bed b",
        "water --bed=b --json -- 1 2",
    ])
    func `options may stand anywhere behind the command that declares them`(words: String) async {
        #expect(await output(words).hasSuffix("json=true rows=2 sum=3\n"))
    }

    @Test
    func `negative numbers are words, not options`() async {
        #expect(await output("water --bed -1 -2 -3").hasPrefix("10l -1 all"))
        #expect(await output("water --bed -1 -2 -3").hasSuffix("sum=-5\n"))
    }

    @Test
    func `two dashes end the options`() async {
        #expect(await output("seeds count -- --json") == "--json all\n")
        #expect(await output("seeds count -- -- moss") == "-- moss\n")
    }

    @Test
    func `an equals sign hands over any value`() async {
        let dashed = await Transcript.of(Garden.program, arguments: ["water", "--bed=--x=y", "1"])
        #expect(dashed.output.hasPrefix("10l --x=y all"))
        let empty = await Transcript.of(Garden.program, arguments: ["water", "--bed=", "1"])
        #expect(empty.output.hasPrefix("10l  all"))
        let blank = await Transcript.of(Garden.program, arguments: ["water", "--bed", "- to do", "1"])
        #expect(blank.output.hasPrefix("10l - to do all"))
    }

    @Test
    func `an optional argument may be left out`() async {
        #expect(await output("seeds count shelf") == "shelf all\n")
        #expect(await output("seeds count shelf fern") == "shelf fern\n")
    }

    @Test
    func `a command's own exit code is the program's`() async {
        #expect(await Transcript.of(Garden.program, "water --bed b 1").code == ExitCode(rawValue: 3))
    }

    @Test
    func `a hidden command works`() async {
        #expect(await Transcript.of(Garden.program, "secret").code == .interrupted)
    }

    @Test
    func `a root that runs needs no command`() async {
        let seed = Option<UInt64>("seed", default: 1, "The seed.")
        let command = Command("dice", summary: "Roll.", parameters: [seed]) { invocation in
            try invocation.terminal.writeLine("\(invocation[seed])")
            return .success
        }
        let program = Program(command, version: "1")
        #expect(await Transcript.of(program, "--seed 18446744073709551615").output == "18446744073709551615\n")
        #expect(await Transcript.of(program, "").output == "1\n")
        #expect(await Transcript.of(program, "completions bash --seed 2").code == .usage)
        #expect(await Transcript.of(program, "--seed 2 completions bash").code == .usage)
        #expect(await Transcript.of(program, "completions bash").code == .success)
    }
}
