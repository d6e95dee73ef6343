import Glibc
import MeshCore
import MeshNode
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The log on standard error` {
    private static let probe = LogEvent("test.probe")

    private static func record(_ number: Int, padding: Int = 0) -> LogRecord {
        LogRecord(
            wallTime: WallTime(millisecondsSince1970: 1_800_000_000_000),
            level: .info,
            event: probe,
            fields: [LogField(.reason, .text("line \(number). " + String(repeating: "x", count: padding)))]
        )
    }

    /// All that lies in the pipe.
    private static func drain(_ file: Int32) -> [String] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { return String(decoding: all, as: UTF8.self).split(separator: "\n").map(String.init) }
            all += piece[..<count]
        }
    }

    @Test(arguments: [0, 300])
    func `waits for nobody who does not read, and says what was dropped`(padding: Int) throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        let log = StandardErrorLog(.json, to: ends[1])
        let lines = 5_000
        for number in 1...lines { log.write(Self.record(number, padding: padding)) }
        let first = Self.drain(ends[0])
        let written = first.filter { $0.contains("test.probe") }.count
        #expect(written > 100 && written < lines)
        log.write(Self.record(lines + 1))
        let second = Self.drain(ends[0])
        #expect(second.last?.contains("line \(lines + 1).") == true)
        let said = try #require(second.first { $0.contains("log.lines-lost") })
        // What was begun and had no room is ended first, and all lines are whole.
        let all = first + second
        #expect(said.contains("\"count\":\(lines + 1 - all.filter { $0.contains("test.probe") }.count)"))
        #expect(Limits.Logging.readerPatience == .milliseconds(100))
        log.write(Self.record(lines + 2))
        #expect(Self.drain(ends[0]).map { $0.contains("lost") } == [false])
    }

    @Test func `goes on where its reader is gone`() {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let log = StandardErrorLog(.human, to: ends[1])
        for number in 1...10 { log.write(Self.record(number)) }
    }
}
