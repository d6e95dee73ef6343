import Dispatch
import Glibc
import MeshActors
import MeshCheck
import MeshCluster
import MeshCommandLine
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `Bounds of clusters` {
    @Test func `a line of a node is cut where it is too long, and the next one is whole`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let long = Array(repeating: UInt8(ascii: "a"), count: Limits.Cluster.lineBytes + 1) + Array("\nb\n".utf8)
        #expect(write(writing, long, long.count) == long.count)
        let loop = try EventLoop.start(name: "test")
        let found = try await loop.run {
            var lines: [String] = []
            let pipe = try NodePipe(reading, on: loop) { lines.append($0) }
            pipe.close()
            return lines
        }
        loop.stop()
        await loop.ended()
        close(writing)
        #expect(found.map(\.utf8.count) == [Limits.Cluster.lineBytes, 1])
    }

    @Test func `lines that nobody reads are left out and counted`() async {
        let (begun, mayGoOn, written) = (Watched(false), DispatchSemaphore(value: 0), Lock(""))
        let terminal = Terminal(isInteractive: false, width: 80) { text in
            if written.withLock({ $0.isEmpty }) {
                begun.change { $0 = true }
                mayGoOn.wait()
            }
            written.withLock { $0 += text }
        } error: { _ in
        }
        let output = ClusterOutput(terminal, ClusterOutput.Style()) {}
        output.show("the first, at which the terminal stands still")
        await begun.wait { $0 }
        output.show(String(repeating: "line\n", count: Limits.Cluster.linesWaiting + 3))
        mayGoOn.signal()
        output.finish()
        let text = written.withLock { $0 }
        #expect(text.hasSuffix("(3 lines left out: nobody reads as fast as the nodes write)\n"))
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == Limits.Cluster.linesWaiting + 2)
    }

    @Test func `a check's notes are full at their bound, and take the answers to what was asked`() throws {
        let notes = CheckNotes()
        var generator = SeededGenerator(seed: 1)
        let id = CommandID(at: WallTime(millisecondsSince1970: 0), using: &generator)
        let address = try ActorAddress(SampleAccount.kind, "a")
        let event = HistoryEvent.unknown(id, address, "lost")
        for _ in 1..<Limits.Cluster.historyEvents { notes.add(event) }
        #expect(!notes.isFull)
        notes.add(event)
        #expect(notes.isFull)
        for _ in 0...Limits.Cluster.historyEvents { notes.add(event) }
        #expect(notes.all.count == Limits.Cluster.historyEvents * 2)
    }

    /// Processes meet them, in Tests/ProcessTests/test_clusters.py; here only that those figures are still these.
    @Test func `what requests and stops may take is what the tests between processes count on`() {
        #expect(Limits.Cluster.requestBytes == 4 * 1_024 && Limits.Cluster.requestPatience == .seconds(5))
        #expect(Limits.Cluster.answerBytes > 100 * Limits.Cluster.requestBytes)
        #expect(Limits.Cluster.stopPatience == .seconds(20) && Limits.Cluster.enrolmentsAtATime == 8)
    }
}
