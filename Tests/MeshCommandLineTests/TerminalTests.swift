import Foundation
import Glibc
import MeshCommandLine
import Testing

struct TerminalTests {
    private struct Pipe {
        let reader: Int32
        let writer: Int32

        init() throws {
            var descriptors: [Int32] = [0, 0]
            try #require(pipe(&descriptors) == 0)
            reader = descriptors[0]
            writer = descriptors[1]
        }

        /// Read on a thread of its own: the writer waits for it in a call, on one of the few that run tasks.
        func readAll() async -> Int {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: self.readToEnd()) }
            }
        }

        private func readToEnd() -> Int {
            var buffer = [UInt8](repeating: 0, count: 4096)
            var total = 0
            while case let count = read(reader, &buffer, buffer.count), count > 0 {
                total += count
            }
            return total
        }
    }

    @Test
    func `a text larger than the pipe arrives whole, blocking or not`() async throws {
        for flags in [0, O_NONBLOCK] {
            let pipe = try Pipe()
            _ = fcntl(pipe.writer, F_SETFL, flags)
            async let received = pipe.readAll()
            let terminal = Terminal.descriptors(output: pipe.writer)
            #expect(!terminal.isInteractive)
            #expect(terminal.width == 80)
            try terminal.write(String(repeating: "x", count: 1 << 20))
            close(pipe.writer)
            #expect(await received == 1 << 20)
            close(pipe.reader)
        }
    }

    @Test
    func `a pipe without a reader is closed, for errors silently`() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Pipe()
        close(pipe.reader)
        let terminal = Terminal.descriptors(output: pipe.writer, error: pipe.writer)
        #expect(throws: TerminalError.closed) { try terminal.writeLine("hello") }
        terminal.writeErrorLine("nobody reads this")
        close(pipe.writer)
    }

    @Test
    func `a full device is told by its error number`() throws {
        let device = open("/dev/full", O_WRONLY)
        defer { close(device) }
        #expect(throws: TerminalError.failed(errno: ENOSPC)) {
            try Terminal.descriptors(output: device).write("hello")
        }
    }

    @Test
    func `a pseudo-terminal is interactive and as wide as it says`() throws {
        let device = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(device >= 0)
        defer { close(device) }
        var size = winsize(ws_row: 24, ws_col: 97, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(device, UInt(TIOCSWINSZ), &size) == 0)
        let terminal = Terminal.descriptors(output: device)
        #expect(terminal.isInteractive)
        #expect(terminal.width == 97)
    }
}
