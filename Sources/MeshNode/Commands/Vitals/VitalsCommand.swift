package import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshJSON
internal import MeshTunnel
internal import MeshVitals

/// `meshnode vitals`: how this machine is, as a beat tells it.
package enum VitalsCommand {
    private static let data = Option<String>("data", as: .folder, default: ".", "The folder whose disk is told of.")
    private static let over = Option<Duration>(
        "over",
        default: .seconds(1),
        "Over which time loads and rates are taken."
    )

    /// The command.
    package static let command = Command(
        "vitals",
        summary: "Show how this machine is, as an edge tells its hub.",
        discussion: "Prints one JSON object. What the machine does not say is not in it.",
        parameters: [data, over],
        examples: ["meshnode vitals --over 5s": "The load of the next five seconds."]
    ) { invocation in
        let loop = try EventLoop.start(name: "vitals")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let machine = MachineVitals(dataFolder: invocation[data], clock: clock)
        _ = await machine.read()
        try await clock.sleep(for: invocation[over])
        guard let reading = await machine.read() else { return .failure }
        try invocation.terminal.writeLine(JSONWriter.text(of: reading.vitals.json, isIndented: true))
        return .success
    }
}
