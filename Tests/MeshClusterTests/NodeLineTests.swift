import MeshCluster
import MeshCore
import Testing

@Suite struct `Lines of nodes` {
    @Test func `a record is its event and its fields`() throws {
        let text =
            #"{"time":"2026-11-22T00:00:00.000Z","level":"warning","event":"a.b","count":3,"reason":"so \u001b"}"#
        let line = NodeLine(node: try NodeID("edge-1"), text: text)
        #expect(line.level == .warning)
        #expect(line.words == #"a.b count=3 reason=so \u{1B}"#)
    }

    @Test(arguments: ["Fatal error: index out of range", "{}", "{", #"{"time":1,"level":"info","event":"x"}"#, ""])
    func `whatever else a process says matters, and is shown as it is`(_ text: String) throws {
        let line = NodeLine(node: try NodeID("edge-1"), text: text)
        #expect(line.level == .error && line.words == text)
    }
}
