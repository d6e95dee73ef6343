import MeshCore
import MeshTunnel
import MeshWire
import Testing

@Suite("What a tunnel stands on")
struct PortTests {
    @Test("a probe's answer survives the wire")
    func probeAnswer() throws {
        let answer = ProbeAnswer(windowMilliseconds: 10_000, wallTimeMilliseconds: 1_763_745_000_000)
        #expect(try ProbeAnswer(wireBytes: answer.wireBytes) == answer)
    }
}
