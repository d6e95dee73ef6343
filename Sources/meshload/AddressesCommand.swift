internal import MeshCommandLine
internal import MeshIO

/// A node that hears of changes of its machine's addresses.
enum AddressesCommand {
    static let command = Command(
        "addresses",
        summary: "Say when addresses or routes of this machine change.",
        discussion: """
            Prints `listening`, then a line `changed` for each change, or for several that come together. Ends with its
            input.
            """,
        parameters: []
    ) { invocation in
        let loop = try EventLoop.start(name: "addresses")
        let addresses = try await LocalAddresses.watch(on: loop)
        let telling = Task(executorPreference: loop) {
            while !Task.isCancelled {
                await addresses.nextChange()
                if !Task.isCancelled { try? invocation.terminal.writeLine("changed") }
            }
        }
        try invocation.terminal.writeLine("listening")
        while readLine() != nil {}
        telling.cancel()
        addresses.close()
        loop.stop()
        return .success
    }
}
