internal import Glibc
internal import MeshCommandLine
internal import MeshInference

enum EngineBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...100), default: 5, "How often to measure.")
    private static let model = Option<String>("model", default: "models/tiny/tiny-q8_0.gguf", "The model's GGUF file.")
    private static let adapter = Option<String>(
        "adapter",
        default: "models/tiny/lora-fact.gguf",
        "An adapter's GGUF file; empty for none."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "engine",
        summary: "Ask the embedded engine: rates, times to the first token, 32 chats side by side.",
        parameters: [rounds, model, adapter, json],
        examples: ["meshbench engine --rounds 11": "More rounds for a steadier median."]
    ) { invocation in
        let adapter = invocation[adapter]
        let benchmark = EngineBenchmark(
            library: try LlamaLibrary.open(search),
            model: invocation[model],
            adapters: adapter.isEmpty ? [] : [adapter],
            rounds: invocation[rounds]
        )
        let figures = try await benchmark.run()
        if invocation[json] {
            let members = figures.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",")
            try invocation.terminal.write("{\"benchmark\":\"engine\",\"times\":{\(members)}}\n")
        } else {
            for figure in figures {
                let name = figure.name + String(repeating: " ", count: max(0, 32 - figure.name.count))
                try invocation.terminal.write("\(name) \((figure.value * 100).rounded() / 100)\n")
            }
        }
        return .success
    }

    private static var search: LibrarySearch {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let caches = value("XDG_CACHE_HOME") ?? value("HOME").map { $0 + "/.cache" }
        return LibrarySearch(
            environment: value(LibrarySearch.environmentName),
            executableFolder: nil,
            cacheFolder: value("MESHNODE_CACHE_DIR") ?? caches.map { $0 + "/meshnode" }
        )
    }
}
