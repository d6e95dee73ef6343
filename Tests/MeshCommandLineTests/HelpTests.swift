import MeshCommandLine
import Testing

struct HelpTests {
    private func help(_ words: String, width: Int = 80) async -> String {
        let transcript = await Transcript.of(Garden.program, words, width: width)
        #expect(transcript.code == .success)
        #expect(transcript.error.isEmpty)
        return transcript.output
    }

    @Test
    func `the page of a root tells the whole program`() async {
        #expect(
            await help("--help") == """
                garden - Look after a garden.

                USAGE
                  garden COMMAND …

                Beds are numbered.

                Nothing is ever watered twice within an hour, however often it is asked for.

                OPTIONS
                  --help     Print this help; also -h.
                  --version  Print the version.

                SHARED OPTIONS
                  --json  Print JSON.

                COMMANDS
                  water        Water rows of a bed.
                  seeds        Keep the seeds: what's [old] goes.
                  weather      Ask for rain.
                  completions  Print a script that teaches a shell to complete this program's
                               words.

                EXAMPLES
                  garden water 1 2 --bed north
                      Waters two rows of one bed.

                EXIT CODES
                  0    Success.
                  1    Failure; standard error says why.
                  2    Usage error: the command line is wrong and nothing was done.
                  130  Interrupted (Ctrl-C).

                """
        )
    }

    @Test
    func `the page of a command tells its parameters`() async {
        #expect(
            await help("water --help") == """
                garden water - Water rows of a bed.

                USAGE
                  garden water --bed TEXT [OPTIONS] ROW...

                ARGUMENTS
                  ROW  The rows to water.

                OPTIONS
                  --liters N        How much water. (default: 10)
                  --bed TEXT        Which bed it is for. (required)
                  --plant PLANT     Only this plant. (one of: fern, moss, mallow)
                  --tool FILE       A tool to take along. (may be repeated)
                  --pause DURATION  How long to rest between two beds. (default: 90s)
                  --deep            Water [deeply]: it's for the roots.
                  --help            Print this help; also -h.

                SHARED OPTIONS
                  --json  Print JSON.

                EXIT CODES
                  0    Everything is wet.
                  1    Failure; standard error says why.
                  2    Usage error: the command line is wrong and nothing was done.
                  3    The well is dry.
                  130  Interrupted (Ctrl-C).

                """
        )
    }

    @Test(arguments: [
        "water -h", "-h water", "help water", "water --bed --help", "water --nonsense 1 -h", "help water -h",
    ])
    func `help may be asked for anywhere`(words: String) async {
        #expect(await help(words) == help("water --help"))
    }

    @Test
    func `behind two dashes help is a word`() async {
        #expect(await Transcript.of(Garden.program, "seeds count -- --help").output == "--help all\n")
    }

    @Test
    func `help for an unknown command is still an error`() async {
        let transcript = await Transcript.of(Garden.program, "help watr")
        #expect(transcript.error.hasPrefix("garden: error: unknown command 'watr'; did you mean 'water'?\n"))
        #expect(transcript.code == .usage)
    }

    @Test
    func `a hidden command has help and is in no list`() async {
        #expect(await help("secret --help").hasPrefix("garden secret - Nobody needs to know.\n"))
        #expect(await !help("--help").contains("secret"))
    }

    @Test(arguments: [(20, 40), (60, 60), (100, 100), (300, 100)])
    func `lines keep to the width, from 40 to 100 columns`(asked: Int, width: Int) async {
        for words in ["--help", "water --help", "seeds --help", "seeds count --help"] {
            let lines = await help(words, width: asked).split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= width && $0.last != " " })
        }
    }

    @Test
    func `the root tells its version`() async {
        #expect(await help("--version") == "garden 1.2.3\n")
    }
}
