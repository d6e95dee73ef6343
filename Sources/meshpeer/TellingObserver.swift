internal import MeshCore
internal import MeshQUIC
internal import MeshWire

/// Prints what happens to links, and acknowledges heartbeats.
struct TellingObserver: LinkObserver {
    func linkOpened(to node: NodeID, role: NodeRole) { Console.say("opened \(node) \(role)") }

    func linkClosed(to node: NodeID?, _ reason: CloseReason) {
        Console.say("closed \(node.map(\.text) ?? "-") \(reason)")
    }

    func linkIsLeaving(to node: NodeID, _ farewell: GoAway) { Console.say("leaving \(node) \(farewell.message)") }

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
