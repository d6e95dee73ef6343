internal import MeshCommandLine
internal import MeshCore
internal import MeshInference
internal import MeshTestKit

enum EngineBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...1_000), default: 5, "How often to measure.")
    private static let model = Option<String>("model", default: "models/tiny/tiny-q8_0.gguf", "The model's GGUF file.")
    private static let adapter = Option<String>(
        "adapter",
        default: "models/tiny/lora-fact.gguf",
        "An adapter's GGUF file; empty for none."
    )
    private static let part = Option<String>(
        "part",
        default: "",
        "Only this: \(EngineBenchmark.Part.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "engine",
        summary: "Ask the embedded engine: times to the first token, rates, adapters, 32 chats, who leaves.",
        parameters: [rounds, model, adapter, part, json],
        examples: [
            "meshbench engine --rounds 11": "More rounds for a steadier median.",
            "meshbench engine --part cancel --rounds 200": "How soon it stops for those who leave.",
        ]
    ) { invocation in
        let adapter = invocation[adapter]
        let word = invocation[part]
        let only = EngineBenchmark.Part(rawValue: word)
        guard only != nil || word.isEmpty else { throw EngineError(.malformed, "there is no part \(word)") }
        let benchmark = try EngineBenchmark(
            library: LlamaLibrary.open(EngineLibrary.search),
            model: invocation[model],
            adapter: adapter.isEmpty ? nil : adapter,
            rounds: invocation[rounds]
        )
        let figures = try await benchmark.run(only)
        if invocation[json] {
            let members = figures.map { "\"\($0.name)\":\($0.values)" }.joined(separator: ",")
            try invocation.terminal.write("{\"benchmark\":\"engine\",\"values\":{\(members)}}\n")
        } else {
            for figure in figures {
                let name = figure.name + String(repeating: " ", count: max(0, 44 - figure.name.count))
                try invocation.terminal.write("\(name) \(figure.summary)\n")
            }
        }
        return .success
    }
}
