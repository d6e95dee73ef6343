import MeshCore
import MeshIdentity
import Testing

@Suite("Bounds of enrolment")
struct LimitsTests {
    @Test("a token lives a quarter of an hour at most")
    func tokenLife() { #expect(Limits.Enrolment.maximumTokenLife == .seconds(15 * 60)) }
}
