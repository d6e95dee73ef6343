import MeshCore
import MeshEscalation
import MeshPrivacy
import MeshRelay
import Testing

@Suite("Texts that travel") struct TunnelSortsTests {
    @Test("The model is told of placeholders where an edge has redacted, and not where nobody has")
    func onlyRedactedTextMayHoldPlaceholders() {
        #expect(RedactedText.mayHoldPlaceholders)
        #expect(!UnredactedText.mayHoldPlaceholders)
    }
}
