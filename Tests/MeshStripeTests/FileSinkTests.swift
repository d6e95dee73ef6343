import Dispatch
import Foundation
import MeshCore
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

    private static func event(_ number: UInt64, _ value: Int64 = 5) -> MeterEvent {
        let time = WallTime(millisecondsSince1970: 1_790_000_000_250)
        return MeterEvent(account: "acme", range: number...number, microdollars: value, time: time, customer: nil)
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `has a line for each event, whatever happens, and each once`() async throws {
        try await Self.with { path in
            let sink = try FileSink(path: path)
            for _ in 1...2 { #expect(try await sink.tell(Self.event(1), of: "acme") == .delivered) }
            #expect(
                try Self.text(path) == ##"{"identifier":"mesh|acme|usage|1-1","account":"acme","microdollars":5,"##
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

    @Test func `lets so many wait for its disk`() async throws {
        let lane = FileLane()
        let gate = DispatchSemaphore(value: 0)
        let began = Watched(false)
        let refused = Watched(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await lane.run { () throws(StripeError) in
                    began.change { $0 = true }
                    gate.wait()
                }
            }
            _ = await began.wait { $0 }
            // One runs; so many wait; one is too many.
            for _ in 0...Limits.Stripe.maximumWaiting {
                group.addTask {
                    do throws(StripeError) { try await lane.run { () throws(StripeError) in } } catch {
                        refused.change { $0 += 1 }
                    }
                }
            }
            _ = await refused.wait { $0 == 1 }
            gate.signal()
            try await group.waitForAll()
        }
        #expect(refused.value == 1)
    }
}
