internal import MeshCommandLine
internal import MeshNode

@main
enum Meshbench {
    static func main() async {
        let command = Command(
            "meshbench",
            summary: "Measure meshnode beside something everybody knows.",
            subcommands: [
                WireBenchmarkCommand.command,
                ActorsBenchmarkCommand.command,
                StoreBenchmarkCommand.command,
                StoreStartBenchmark.command,
                StoreBackupBenchmark.command,
                StoreCrashCommand.command,
                IndexFlipsCommand.command,
                LogFlipsCommand.command,
                StoreExampleCommand.command,
                StoreReadCommand.command,
                LedgerCrashCommand.command,
                LedgerStartCommand.command,
                ScaleBenchmarkCommand.command,
                UDPBenchmarkCommand.command,
                QUICBenchmarkCommand.command,
                QUICMemoryCommand.command,
                QUICServeCommand.command,
                TunnelBenchmarkCommand.command,
                StreamServeCommand.command,
                BeatsBenchmarkCommand.command,
                EngineBenchmarkCommand.command,
                PrivacyBenchmarkCommand.command,
                LedgerBenchmarkCommand.command,
                LedgerRaceCommand.command,
                // Opening a store starts this very program to check it in.
                StoreChildCommand.command,
            ]
        )
        await Program(command, version: "0.1.0").runProcess()
    }
}

enum WireBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...1_000), default: 11, "How often to measure.")
    private static let iterations = Option<Int>(
        "iterations",
        as: .within(100...100_000_000),
        default: 100_000,
        "Operations in a round."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "wire",
        summary: "Encode and decode a record beside Foundation's JSON; frames.",
        parameters: [rounds, iterations, json],
        examples: ["meshbench wire --rounds 31": "More rounds for a steadier median."]
    ) { invocation in
        let benchmark = WireBenchmark(rounds: invocation[rounds], iterations: invocation[iterations])
        let report = try benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }
}

enum ActorsBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...1_000), default: 11, "How often to measure.")
    private static let iterations = Option<Int>(
        "iterations",
        as: .within(100...100_000_000),
        default: 100_000,
        "Queries in a round; a tenth as many of the others."
    )
    private static let only = Option<ActorsOperation?>("only", "Measure this alone, for a profiler.")
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "actors",
        summary: "Call actors here and on another node of the process, over a store in memory.",
        parameters: [rounds, iterations, only, json],
        examples: ["meshbench actors --json": "Figures for a program to compare."]
    ) { invocation in
        let benchmark = ActorsBenchmark(
            rounds: invocation[rounds],
            iterations: invocation[iterations],
            only: invocation[only]
        )
        let report = try await benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }
}
