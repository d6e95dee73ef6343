internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// What a backup costs those who append meanwhile.
enum StoreBackupBenchmark {
    private static let mebibytes = Option<Int>("mebibytes", as: .within(1...100_000), default: 300, "How much to copy.")
    private static let writers = Option<Int>("writers", as: .within(1...10_000), default: 16, "Who appends meanwhile.")
    private static let folder = Option<String>(
        "folder",
        default: "./store-backup",
        "A folder for the store and its copy, left there."
    )

    static let command = Command(
        "store-backup",
        summary: "Back a serving store up, and measure how long appends take before and meanwhile.",
        parameters: [mebibytes, writers, folder]
    ) { invocation in
        let folder = invocation[folder]
        let width = max(256, invocation[writers])
        let store = try await LogStoreContender(folder: "\(folder)-source", writers: width, groupsCommits: true)
        let perWriter = invocation[mebibytes] * 1_048_576 / bytesInLog / width
        var numbers = await append(to: store, Array(repeating: 0, count: width)) { $0 < perWriter }.numbers
        var table = Table(columns: [
            .init("appends"), .init("count", .right), .init("p50 ms", .right), .init("p99 ms", .right),
            .init("worst ms", .right),
        ])
        let clock = ContinuousClock()
        let calmEnd = clock.now + .seconds(5)
        let few = Array(numbers.prefix(invocation[writers]))
        let calm = await append(to: store, few) { _ in clock.now < calmEnd }
        table.append(row("without a backup", calm.waits))
        numbers = calm.numbers
        let isRunning = Lock(true)
        let start = clock.now
        async let busy = append(to: store, numbers) { _ in isRunning.withLock { $0 } }
        let copy = StoreFolder(path: "\(folder)-copy")
        try await store.backUp(to: copy)
        let elapsed = clock.now - start
        isRunning.withLock { $0 = false }
        table.append(row("during the backup", await busy.waits))
        try await store.close()
        let seconds = (elapsed / .milliseconds(1)).rounded() / 1_000
        let report = StoreVerification.verify(try copy.lookAtLog())
        let found = "copied and checked \(report.bytes >> 20) MiB in \(seconds) s, chains sound: \(report.isSound)\n"
        try invocation.terminal.write(table.text + found)
        return .success
    }

    /// Lets each writer append behind its number until `goesOn` says no; returns what each append took, in order.
    private static func append(
        to store: LogStoreContender,
        _ numbers: [Int],
        while goesOn: @escaping @Sendable (Int) -> Bool
    ) async -> (numbers: [Int], waits: [Duration]) {
        await withTaskGroup(of: (writer: Int, number: Int, waits: [Duration]).self) { group in
            for (writer, first) in numbers.enumerated() {
                group.addTask {
                    let event = [UInt8](repeating: 7, count: 200)
                    let clock = ContinuousClock()
                    var (number, waits) = (first, [Duration]())
                    while goesOn(number) {
                        let before = clock.now
                        guard (try? await store.append(event, by: writer, number: UInt64(number + 1))) != nil else {
                            break
                        }
                        number += 1
                        waits.append(clock.now - before)
                    }
                    return (writer, number, waits)
                }
            }
            var (numbers, waits) = (numbers, [Duration]())
            for await (writer, number, taken) in group {
                numbers[writer] = number
                waits += taken
            }
            return (numbers, waits.sorted())
        }
    }

    private static func row(_ name: String, _ waits: [Duration]) -> [String] {
        guard let worst = waits.last else { return [name, "0", "", "", ""] }
        let shown = [waits[waits.count / 2], waits[waits.count * 99 / 100], worst].map { wait in
            String((wait / .milliseconds(1) * 100).rounded() / 100)
        }
        return [name, String(waits.count)] + shown
    }

    /// What an event of 200 bytes takes in the log.
    private static let bytesInLog = 294
}
