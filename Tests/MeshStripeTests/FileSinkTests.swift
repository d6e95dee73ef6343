import Dispatch
import Foundation
import MeshCore
import MeshJSON
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A file that is told of usage` {
    private static func with(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "meters-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder + "/meter-events.jsonl")
    }

    private static func event(_ number: UInt64, _ value: Int64 = 5, customer: String? = nil) -> MeterEvent {
        let time = WallTime(millisecondsSince1970: 1_790_000_000_250)
        return MeterEvent(account: "acme", range: number...number, microdollars: value, time: time, customer: customer)
    }

    /// The numbers of the events whose lines are in the file, all of which must be whole.
    private static func numbers(_ path: String) throws -> [String] {
        let text = try text(path)
        guard text.isEmpty || text.hasSuffix("\n") else { return ["a line without an end"] }
        return try text.split(separator: "\n").map { line in
            let identifier = try JSONReader.read(Array(line.utf8))["identifier"]?.text
            let range = identifier?.split(separator: "|").dropLast().last
            return String(range?.split(separator: "-").last ?? "a line without a name")
        }
    }

    private static func move(_ path: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: path, toPath: other)
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `has a line for each event, whatever happens, and each once`() async throws {
        try await Self.with { path in
            let sink = try FileSink(path: path)
            for _ in 1...2 { #expect(try await sink.tell(Self.event(1), of: "acme") == .delivered) }
            #expect(
                try Self.text(path)
                    == ##"{"identifier":"\##(Self.event(1).identifier)","account":"acme","microdollars":5,"##
                    + ##""time":"2026-09-21T14:13:20.250Z"}"## + "\n"
            )
            let later = try FileSink(path: path)
            #expect(try await later.tell(Self.event(1), of: "acme") == .delivered)
            #expect(try await later.tell(Self.event(2), of: "acme") == .delivered)
            #expect(try Self.text(path).split(separator: "\n").count == 2)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `loses a line that was cut off, at every byte, and is told of it again`() async throws {
        try await Self.with { path in
            let sink = try FileSink(path: path)
            for number: UInt64 in 1...2 { _ = try await sink.tell(Self.event(number), of: "acme") }
            let whole = Array(try Self.text(path).utf8)
            let first = try #require(whole.firstIndex(of: 0x0A)) + 1
            for length in 0...whole.count {
                try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
                let again = try FileSink(path: path)
                #expect(again.count == (length == whole.count ? 2 : length >= first ? 1 : 0))
                for number: UInt64 in 1...2 { _ = try await again.tell(Self.event(number), of: "acme") }
                #expect(try Self.text(path) == String(decoding: whole, as: UTF8.self), "\(length)")
            }
        }
    }

    @Test func `knows so many events, the newest`() async throws {
        try await Self.with { path in
            let most = Limits.Stripe.knownIdentifiers
            let lines = (0...most).map { ##"{"identifier":"\##($0)"}"## + "\n" }.joined()
            try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try FileSink(path: path).count == most)
        }
    }

    @Test func `that cannot be written says so, and is told again`() async throws {
        #expect(throws: StripeError(.unusable, "")) { try FileSink(path: "/nowhere/at/all") }
        try await Self.with { path in
            let sink = try FileSink(path: path)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            await #expect(throws: StripeError(.unusable, "")) { try await sink.tell(Self.event(1), of: "acme") }
            try FileManager.default.removeItem(atPath: path)
            #expect(try await sink.tell(Self.event(1), of: "acme") == .delivered)
            #expect(try Self.text(path).hasSuffix("}\n"))
        }
    }

    @Test func `begins a new file where somebody has moved the old one away, and knows what that had`() async throws {
        try await Self.with { path in
            let folders = Lock(0)
            let sink = try FileSink(path: path) { file in
                var found = stat()
                fstat(file, &found)
                if found.st_mode & S_IFMT == S_IFDIR { folders.withLock { $0 += 1 } }
                return fsync(file) == 0
            }
            for number: UInt64 in 1...2 { _ = try await sink.tell(Self.event(number), of: "acme") }
            #expect(folders.withLock { $0 } == 1, "one file, one name in its folder")
            try Self.move(path, to: path + ".1")
            for number: UInt64 in [2, 3, 3, 4] { _ = try await sink.tell(Self.event(number), of: "acme") }
            #expect(try Self.numbers(path + ".1") == ["1", "2"])
            #expect(try Self.numbers(path) == ["3", "4"])
            #expect(folders.withLock { $0 } == 2, "the new file's name is safe, too")
            #expect(sink.count == 4)
        }
    }

    @Test func `goes on behind what a file has that was put in its place`() async throws {
        try await Self.with { path in
            let sink = try FileSink(path: path)
            _ = try await sink.tell(Self.event(1), of: "acme")
            try Self.move(path, to: path + ".1")
            // Another life wrote these, and died in the third.
            let other = try FileSink(path: path)
            for number: UInt64 in 5...6 { _ = try await other.tell(Self.event(number), of: "acme") }
            try Data(Array(try Self.text(path).utf8) + Array("{\"identi".utf8)).write(to: URL(fileURLWithPath: path))
            for number: UInt64 in 5...7 { _ = try await sink.tell(Self.event(number), of: "acme") }
            #expect(try Self.numbers(path) == ["5", "6", "7"])
        }
    }

    @Test func `goes on at the end of a file that was cut`() async throws {
        try await Self.with { path in
            let sink = try FileSink(path: path)
            for number: UInt64 in 1...3 { _ = try await sink.tell(Self.event(number), of: "acme") }
            let first = try #require(Array(try Self.text(path).utf8).firstIndex(of: 0x0A)) + 1
            for (length, left) in [(first + 8, ["1"]), (0, [])] {
                #expect(truncate(path, off_t(length)) == 0)
                let number = UInt64(length + 10)
                _ = try await sink.tell(Self.event(number), of: "acme")
                #expect(try Self.numbers(path) == left + ["\(number)"])
            }
        }
    }

    @Test func `leaves nothing of a line that did not come to the disk`() async throws {
        try await Self.with { path in
            let fails = Lock(false)
            let sink = try FileSink(path: path) { file in !fails.withLock { $0 } && fsync(file) == 0 }
            _ = try await sink.tell(Self.event(1), of: "acme")
            fails.withLock { $0 = true }
            let long = Self.event(2, .max)
            await #expect(throws: StripeError(.unusable, "")) { try await sink.tell(long, of: "acme") }
            #expect(try Self.numbers(path) == ["1"])
            // Nothing is begun while the disk does not answer, whatever lies behind the end.
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(##"{"identifier":"mesh|acme|usage|2-2"}"##.utf8 + [0x0A]))
            try handle.close()
            await #expect(throws: StripeError(.unusable, "")) { try await sink.tell(Self.event(3), of: "acme") }
            fails.withLock { $0 = false }
            for event in [Self.event(3), long] { _ = try await sink.tell(event, of: "acme") }
            #expect(try Self.numbers(path) == ["1", "3", "2"])
        }
    }

    @Test func `says once of an account that Stripe would bill it, of so many`() async throws {
        try await Self.with { path in
            let log = VolatileLogSink()
            let logger = Logger(sink: log, clock: VirtualClock(), minimumLevel: .info)
            let sink = try FileSink(path: path, logger: logger)
            _ = try await sink.tell(Self.event(1), of: "acme")
            #expect(log.records.isEmpty)
            for number: UInt64 in 2...3 { _ = try await sink.tell(Self.event(number, customer: "cus_1"), of: "acme") }
            #expect(log.records.map(\.event.name) == ["stripe.customer-not-billed"])
            #expect(log.records.map(\.level) == [.warning])
            #expect(log.records.first?.fields.first?.value == .text("acme"))
            // Each is on the disk already, so that nothing but names is counted here.
            let most = Limits.Stripe.maximumNamed
            for number in 0...most { _ = try await sink.tell(Self.event(2, customer: "cus_1"), of: "other-\(number)") }
            #expect(log.records.count == most)
            #expect(try Self.numbers(path) == ["1", "2", "3"])
        }
    }

    @Test func `lets so many wait for its disk`() async throws {
        try await Self.with { path in
            let gate = DispatchSemaphore(value: 0)
            let (began, isSlow, refused) = (Watched(false), Lock(false), Watched(0))
            let sink = try FileSink(path: path) { _ in
                guard isSlow.withLock({ $0 }) else { return true }
                began.change { $0 = true }
                gate.wait()
                gate.signal()
                return true
            }
            isSlow.withLock { $0 = true }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await sink.tell(Self.event(1), of: "acme") }
                _ = await began.wait { $0 }
                // One is written; so many wait; one is too many.
                for number in 0...UInt64(Limits.Stripe.maximumWaiting) {
                    group.addTask {
                        do { _ = try await sink.tell(Self.event(2 + number), of: "acme") } catch {
                            refused.change { $0 += 1 }
                        }
                    }
                }
                _ = await refused.wait { $0 == 1 }
                gate.signal()
            }
            #expect(refused.value == 1)
            #expect(try Self.numbers(path).count == Limits.Stripe.maximumWaiting + 1)
        }
    }
}
