import Glibc
import MeshActors
import MeshCore
import MeshIO
import MeshNode
import MeshTunnel
import MeshVitals
import Testing

@Suite(.timeLimit(.minutes(1))) struct `This machine's vitals` {
    private let scratch = Scratch()

    /// Files that hang until they are let go on.
    private final class HangingFiles: VitalsFiles {
        let asked = Lock(0)
        private let gate: (reader: Int32, writer: Int32)

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            gate = (ends[0], ends[1])
        }

        deinit { close(gate.reader) }

        func bytes(of path: String) -> [UInt8]? {
            asked.withLock { $0 += 1 }
            var byte: UInt8 = 0
            _ = read(gate.reader, &byte, 1)
            return nil
        }

        /// Nobody hangs any more.
        func letGo() { close(gate.writer) }

        func names(in folder: String) -> [String]? { nil }
        func space(of path: String) -> FileSystemSpace? { FileSystemSpace(totalBytes: 7, availableBytes: 3) }
    }

    private func onLoop(_ body: @escaping @Sendable (MachineClock) async throws -> Void) async throws {
        let loop = try EventLoop.start(name: "vitals")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        try await Task(executorPreference: loop) { try await body(clock) }.value
    }

    @Test func `are read, and are possible`() async throws {
        try await onLoop { clock in
            let machine = MachineVitals(dataFolder: "/", clock: clock)
            _ = await machine.read()
            try await clock.sleep(for: .milliseconds(50))
            let vitals = try #require(await machine.read()).vitals
            #expect(try #require(vitals.memoryAvailableBytes) <= #require(vitals.memoryTotalBytes))
            #expect(try #require(vitals.diskAvailableBytes) <= #require(vitals.diskTotalBytes))
            #expect(try #require(vitals.processorCount) > 0 && vitals.loadAverages != nil)
        }
    }

    @Test func `hold nobody up but one thread where a disk hangs`() async throws {
        let files = try HangingFiles()
        try await onLoop { clock in
            let machine = MachineVitals(dataFolder: "/", files: files, graphics: NoGraphicsReader(), clock: clock)
            let readers = (0..<20).map { _ in Task { await machine.read() } }
            while files.asked.withLock({ $0 }) == 0 { await Task.yield() }
            // The loop goes on, and whoever is cancelled is given up at once.
            try await clock.sleep(for: .milliseconds(20))
            readers[0].cancel()
            #expect(await readers[0].value == nil)
            #expect(files.asked.withLock { $0 } == 1, "one reading at a time")
            files.letGo()
            for reader in readers.dropFirst() { #expect(await reader.value?.vitals.diskTotalBytes == 7) }
        }
    }

    @Test func `are not those of files that are no files, and read no more than their bound`() throws {
        let files = MachineFiles()
        #expect(files.bytes(of: "\(scratch.path)/missing") == nil && files.bytes(of: scratch.path) == nil)
        #expect(files.names(in: "\(scratch.path)/missing") == nil && files.names(in: scratch.path) == [])
        #expect(files.space(of: "\(scratch.path)/missing") == nil)
        let long = String(repeating: "x", count: 3 * Limits.Vitals.maximumFileBytes)
        try OpenSSL.write(long, to: "\(scratch.path)/long")
        let count = try #require(files.bytes(of: "\(scratch.path)/long")).count
        #expect((Limits.Vitals.maximumFileBytes...2 * Limits.Vitals.maximumFileBytes).contains(count))
        #expect(files.bytes(of: "/dev/null") == [])
    }

    // MARK: NVIDIA's program

    private func program(_ lines: String) throws -> [String] {
        let path = "\(scratch.path)/nvidia-smi"
        try OpenSSL.write("#!/bin/sh\necho run >> '\(scratch.path)/runs'\n\(lines)\n", to: path, mode: 0o755)
        return [path]
    }

    private var runs: Int { MachineFiles().bytes(of: "\(scratch.path)/runs").map { $0.count / 4 } ?? 0 }

    @Test func `hold the cards that NVIDIA's program tells of`() async throws {
        let words = try program("echo 'Card, 92, 100, 50, 83'")
        try await onLoop { clock in
            let machine = MachineVitals(
                dataFolder: "/",
                graphics: NVIDIAProgram(clock: clock, words: words),
                clock: clock
            )
            let vitals = try #require(await machine.read()).vitals
            #expect(vitals.graphics.map(\.name) == ["Card"] && vitals.graphicsLoad == 0.92)
            _ = await machine.read()
        }
        #expect(runs == 2)
    }

    @Test(arguments: ["echo 'NVIDIA-SMI has failed'; exit 9", "sleep 60", "yes 'Card, 92, 100, 50, 83'", "kill -9 $$"])
    func `hold no cards of a program that fails, hangs or says too much, which is then left alone`(
        _ lines: String
    ) async throws {
        let words = try program(lines)
        try await onLoop { clock in
            let reader = NVIDIAProgram(clock: clock, words: words, patience: .seconds(1))
            let begin = clock.now
            #expect(await reader.nvidia() == nil)
            #expect(clock.now - begin < .seconds(20))
            #expect(await reader.nvidia() == nil)
        }
        #expect(runs == 1)
        #expect(Limits.MachineVitals.programRest > Limits.MachineVitals.programPatience)
        #expect(Limits.MachineVitals.maximumOutputBytes == 65_536)
    }

    @Test func `ask for a program that is not there once`() async throws {
        let path = "\(scratch.path)/nvidia-smi"
        try await onLoop { clock in
            let reader = NVIDIAProgram(clock: clock, words: [path])
            #expect(await reader.nvidia() == nil)
        }
        #expect(runs == 0)
    }
}
