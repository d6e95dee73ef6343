internal import MeshCore
internal import MeshQUIC
internal import MeshVitals
internal import MeshWire

/// Prints what happens to links, and acknowledges heartbeats.
struct TellingObserver: LinkObserver {
    let clock: any Clock

    func linkOpened(to peer: LinkPeer) { Console.say("opened \(peer.node) \(peer.role)") }

    func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) {
        Console.say("closed \(peer.map(\.node.text) ?? "-") \(reason)")
    }

    func linkIsLeaving(to peer: LinkPeer, _ farewell: GoAway) -> FarewellAnswer {
        Console.say("leaving \(peer.node) \(farewell.message)")
        return .whenIdle
    }

    func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        switch frame.type {
        case .heartbeat:
            guard let beat = try? Beat(json: frame.payload) else { return .refuse(.protocolViolation, "no beat") }
            Console.say("heartbeat \(peer.node) \(beat.sequence)")
            let now = clock.wallTime.millisecondsSince1970
            let answer = BeatAcknowledgement(sequence: beat.sequence, receivedMilliseconds: now)
            return .answer(Frame(type: .heartbeatAcknowledgement, payload: answer.wireBytes))
        case .heartbeatAcknowledgement:
            let answer = try? frame.decode(as: BeatAcknowledgement.self)
            Console.say("acknowledged \(peer.node) \(answer.map { String($0.sequence) } ?? "-")")
            return .nothing
        default: return .notKnown
        }
    }

    func received(datagram: [UInt8], from node: NodeID) { Console.say("datagram \(node) \(datagram.count)") }
}
