import MeshCommandLine

/// The program that these tests talk to: two levels of commands and every kind of parameter.
enum Garden {
    enum Plant: String, CaseIterable, CommandLineValue {
        case fern
        case moss
        case mallow
    }

    struct Frost: Error, CustomStringConvertible {
        let description = "the ground is\nfrozen\u{1b}[31m"
    }

    struct Undescribed: Error {
        let secret = "buried"
    }

    static let json = Flag("json", "Print JSON.")
    static let deep = Flag("deep", "Water [deeply]: it's for the roots.")
    static let liters = Option<Int>("liters", as: .within(1...50), default: 10, "How much water.")
    static let bed = Option<String>("bed", "Which bed it is for.")
    static let plant = Option<Plant?>("plant", "Only this plant.")
    static let tools = Option<[String]>("tool", as: .file, "A tool to take along.")
    static let pause = Option<Duration>("pause", default: .seconds(90), "How long to rest between two beds.")
    static let rows = Argument<[Int]>("row", atLeast: 1, "The rows to water.")

    static let shelf = Argument<String>("shelf", as: .folder, "Where the seeds are.")
    static let kind = Argument<Plant?>("kind", "What to count; everything if left out.")

    static let program = Program(command, version: "1.2.3")

    static let command = Command(
        "garden",
        summary: "Look after a garden.",
        discussion: """
            Beds are numbered.

            Nothing is ever watered twice within an hour,
            however often it is asked for.
            """,
        inherited: [json],
        subcommands: [water, seeds, weather, secret],
        examples: ["garden water 1 2 --bed north": "Waters two rows of one bed."]
    )

    static let water = Command(
        "water",
        summary: "Water rows of a bed.",
        parameters: [liters, bed, plant, tools, pause, deep, rows],
        exitCodes: [ExitCode(rawValue: 3): "The well is dry.", .success: "Everything is wet."]
    ) { invocation in
        let liters: Int = invocation[liters]
        let plant: Plant? = invocation[plant]
        let sum = invocation[rows].reduce(0, +)
        if liters == 50, invocation[deep] { throw invocation.usageError("'--deep' allows at most 49 liters") }
        try invocation.terminal.writeLine(
            "\(liters)l \(invocation[bed]) \(plant?.rawValue ?? "all") \(invocation[tools]) \(invocation[pause]) "
                + "deep=\(invocation[deep]) json=\(invocation[json]) rows=\(invocation[rows].count) sum=\(sum)"
        )
        return ExitCode(rawValue: 3)
    }

    static let seeds = Command(
        "seeds",
        summary: "Keep the seeds: what's [old] goes.",
        subcommands: [
            Command("count", summary: "Count seeds.", parameters: [shelf, kind]) { invocation in
                try invocation.terminal.writeLine("\(invocation[shelf]) \(invocation[kind]?.rawValue ?? "all")")
                return .success
            },
            Command("sort", summary: "Sort seeds.") { _ in throw Frost() },
        ]
    )

    static let weather = Command("weather", summary: "Ask for rain.") { _ in throw Undescribed() }

    static let secret = Command("secret", summary: "Nobody needs to know.", isHidden: true) { _ in
        throw CancellationError()
    }
}
