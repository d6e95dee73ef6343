import MeshCommandLine
import Testing

struct CompletionTests {
    /// Lines with the cursor at their ends, and what every shell has to offer there.
    private static let offers: KeyValuePairs<String, [String]> = [
        "garden ": ["completions", "seeds", "water", "weather"],
        "garden we": ["weather"],
        "garden --json seeds ": ["count", "sort"],
        "garden seeds --": ["--help", "--json"],
        "garden water --l": ["--liters"],
        "garden water --bed north --p": ["--pause", "--plant"],
        "garden water --plant m": ["mallow", "moss"],
        "garden water 1 2 --plant f": ["fern"],
        "garden water --liters ": [],
        "garden water --tool s": ["seed.txt", "shed"],
        "garden seeds count s": ["shed"],
        "garden seeds count --json shed fe": ["fern"],
        "garden seeds count shed fe": ["fern"],
        "garden seeds count ./shed fern --": ["--help", "--json"],
        "garden seeds --json count shed fe": ["fern"],
        "garden seeds count shed --json fe": ["fern"],
        "garden water --tool a --bed b --l": ["--liters"],
        "garden water --plant=f": ["fern"],
        "garden completions ": ["bash", "fish", "zsh"],
    ]

    @Test(arguments: Shell.allCases)
    func `a shell offers what may follow`(shell: Shell) async throws {
        let lines = Self.offers.map(\.key)
        let found = try await shell.offers(for: lines, of: Garden.program, files: ["seed.txt", "shed/"])
        try #require(found.count == lines.count)
        for ((line, expected), found) in zip(Self.offers, found) {
            #expect(found == expected, "\(line)")
        }
    }

    @Test(arguments: Shell.allCases)
    func `a program without options or commands of its own is completed too`(shell: Shell) async throws {
        let program = Program(Command("garden", summary: "Grow.") { _ in .success }, version: "1")
        let found = try await shell.offers(for: ["garden ", "garden --"], of: program)
        #expect(found == [["completions"], ["--help", "--version"]])
    }

    @Test(arguments: Shell.allCases)
    func `a shell finds no mistake in the script`(shell: Shell) async throws {
        #expect(try await shell.complaints(about: Garden.program).isEmpty)
    }
}
