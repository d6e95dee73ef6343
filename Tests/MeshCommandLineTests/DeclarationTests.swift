import MeshCommandLine
import Testing

struct DeclarationTests {
    private static let seed = Option<Int>("seed", "The seed.")
    private static let file = Argument<String>("file", as: .file, "A file.")
    private static let files = Argument<[String]>("files", as: .file, "Files.")
    private static let node = Argument<String?>("node", "A node.")

    /// The faults of a root `app` that runs and declares what is given.
    private func faults(
        _ parameters: [any ParameterKey] = [],
        inherited: [any ParameterKey] = [],
        subcommands: [Command] = []
    ) -> [String] {
        let command = Command(
            "app",
            summary: "Run.",
            parameters: parameters,
            inherited: inherited,
            subcommands: subcommands
        ) { _ in .success }
        return command.declarationFaults
    }

    private func leaf(_ name: String, _ parameters: [any ParameterKey] = []) -> Command {
        Command(name, summary: "Run.", parameters: parameters) { _ in .success }
    }

    @Test
    func `a sound tree has no faults`() {
        #expect(Garden.command.declarationFaults.isEmpty)
        #expect(faults([Self.seed, Self.file, Self.files]).isEmpty)
    }

    @Test
    func `a command does something or leads somewhere, with words of one meaning`() {
        #expect(Command("app", summary: "Idle.").declarationFaults == ["'app' has neither run nor sub-commands"])
        #expect(
            faults([Self.file], subcommands: [leaf("go")]) == ["'app' has both arguments and sub-commands"]
        )
    }

    @Test
    func `shared parameters are optional options`() {
        #expect(faults(inherited: [Self.seed]) == ["'app' shares --seed, which is an argument or required"])
        #expect(faults(inherited: [Self.node]) == ["'app' shares NODE, which is an argument or required"])
    }

    @Test
    func `names are lower case and stand for one thing`() {
        #expect(faults([Flag("Loud", ".")]) == ["'app' uses 'Loud', which is no lower-case name"])
        #expect(faults([Flag("", ".")]) == ["'app' uses '', which is no lower-case name"])
        #expect(faults([Self.seed, Flag("seed", ".")]) == ["'app' declares --seed twice"])
        #expect(faults([Flag("help", ".")]) == ["'app' declares --help twice"])
        #expect(faults(subcommands: [leaf("go"), leaf("go")]) == ["'app' has two sub-commands go"])
        let loud = Flag("loud", ".")
        #expect(faults(inherited: [loud], subcommands: [leaf("go", [loud])]) == ["'app go' declares --loud twice"])
    }

    @Test
    func `arguments can be told apart by their places`() {
        #expect(faults([Self.files, Self.node]) == ["'app' has NODE behind FILES, which takes the rest"])
        #expect(faults([Self.node, Self.file]) == ["'app' requires FILE behind an optional argument"])
    }

    @Test
    func `listed words need no quotes in any shell`() {
        let words = Option<String>("mode", as: .oneOf(["a", "$(b)"]), ".")
        #expect(faults([words]).first == "'app' lists words for --mode that a shell would have to quote")
    }
}
