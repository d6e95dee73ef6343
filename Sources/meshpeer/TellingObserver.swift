internal import MeshCore
internal import MeshQUIC
internal import MeshWire

/// Prints what happens to links, and acknowledges heartbeats.
struct TellingObserver: LinkObserver {
    func linkOpened(to peer: LinkPeer) { Console.say("opened \(peer.node) \(peer.role)") }

    func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) {
        Console.say("closed \(peer.map(\.node.text) ?? "-") \(reason)")
    }

    func linkIsLeaving(to peer: LinkPeer, _ farewell: GoAway) -> FarewellAnswer {
        Console.say("leaving \(peer.node) \(farewell.message)")
        return .whenIdle
    }

    func control(_ frame: Frame, from node: NodeID) -> ControlAnswer {
        switch frame.type {
        case .heartbeat:
            Console.say("heartbeat \(node) \(frame.payload.count)")
            return .answer(Frame(type: .heartbeatAcknowledgement, payload: [0x80]))
        case .heartbeatAcknowledgement:
            Console.say("acknowledged \(node)")
            return .nothing
        default: return .notKnown
        }
    }

    func received(datagram: [UInt8], from node: NodeID) { Console.say("datagram \(node) \(datagram.count)") }
}
