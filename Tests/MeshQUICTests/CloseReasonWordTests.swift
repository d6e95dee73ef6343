import MeshQUIC
import Testing

@Suite struct `The word for the end of a connection` {
    @Test func `is one of few, whatever a peer says`() {
        let words = (0...2_000 as ClosedRange<UInt64>).flatMap { code in
            [
                CloseReason(.peer, .application(code)).word, CloseReason(.peer, .transport(code)).word,
                CloseReason(.peer, .alert(UInt8(truncatingIfNeeded: code))).word,
            ]
        }
        #expect(Set(words).count <= 32)
        #expect(Set(words).allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber } })
    }

    @Test func `says who, and why`() {
        #expect(CloseReason(.us, .application(0)).word == "us_closed")
        #expect(CloseReason(.peer, .alert(45)).word == "peer_alert_expired_certificate")
        #expect(CloseReason(.us, .transport(2)).word == "us_refused")
        #expect(CloseReason(.us, .idle).word == "us_idle")
        #expect(CloseReason(.peer, .application(5)).word == "peer_overloaded")
    }
}
