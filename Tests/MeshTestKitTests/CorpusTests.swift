import MeshTestKit
import Testing

/// Replays what fuzzing has found: every input that once broke a promise, and a small set that reaches every branch.
@Suite struct `The corpus` {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `no input breaks a promise any more`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let folder = "Tests/Corpus/\(name)"
        let files = RepositoryFile.names(in: folder)
        #expect(!files.isEmpty, "\(folder) is empty: run scripts/fuzz \(name) --keep")
        for file in files {
            let bytes = try #require(RepositoryFile.bytes("\(folder)/\(file)"))
            bytes.withUnsafeBytes { target.run($0) }
        }
    }

    @Test func `every folder belongs to a target`() {
        let folders = RepositoryFile.names(in: "Tests/Corpus").filter { !$0.hasSuffix(".md") }
        #expect(folders == FuzzTarget.all.map(\.name).sorted())
    }
}
