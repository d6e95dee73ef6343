internal import MeshAPI
internal import MeshActors
internal import MeshCore
internal import MeshGateway
internal import MeshQUIC
internal import MeshTunnel

/// Sends an edge what operators ask for: a call of its ``NodeSteward``, over its own tunnel.
struct HubCommander: NodeCommander {
    let service: @Sendable () -> HubService?
    let clock: any Clock
    let logger: Logger

    func ping(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> PingDocument {
        let hub = try hub(for: node)
        let begun = (now: clock.now, wallTime: clock.wallTime)
        let pong = try await call(NodeSteward.Ping(), node, hub, timeout)
        let roundTrip = clock.now - begun.now
        let edge = WallTime(millisecondsSince1970: pong.wallTimeMilliseconds)
        // Half of the way is guessed: the answer was given in the middle.
        let ahead = edge.after(begun.wallTime) - roundTrip / 2
        return PingDocument(
            node: node.text,
            roundTripMilliseconds: roundTrip.roundedMilliseconds,
            smoothedMilliseconds: await hub.transport.paths(to: [node])[node]?.smoothedRoundTrip.roundedMilliseconds,
            clockAheadMilliseconds: ahead.wholeNanoseconds / 1_000_000
        )
    }

    func renew(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> RenewDocument {
        let renewed = try await call(NodeSteward.Renew(), node, try hub(for: node), timeout)
        let end = WallTime(millisecondsSince1970: renewed.notAfterMilliseconds)
        return RenewDocument(node: node.text, certificateEnds: end.description)
    }

    func drain(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> DrainDocument {
        let hub = try hub(for: node)
        hub.tunnels.withRoster { $0.drainBegan(of: node) }
        do throws(NodeCommandError) {
            let draining = try await call(NodeSteward.Drain(), node, hub, timeout)
            return DrainDocument(node: node.text, patienceMilliseconds: Int64(draining.patienceMilliseconds))
        } catch {
            // Whose answer got lost may go all the same.
            if error.code != .lost, error.code != .timedOut { hub.tunnels.withRoster { $0.drainFailed(of: node) } }
            throw error
        }
    }

    /// The hub, where it has a tunnel to `node`.
    private func hub(for node: NodeID) throws(NodeCommandError) -> Hub {
        guard let hub = service()?.hub else { throw NodeCommandError(.notNow, "the hub is starting") }
        guard let entry = hub.tunnels.withRoster({ $0.entry(of: node) }) else {
            throw NodeCommandError(.unknownNode, "this hub knows no edge '\(node)'")
        }
        if let departure = entry.departure {
            throw NodeCommandError(.notConnected, "'\(node)' is not connected: it has been gone since \(departure.at)")
        }
        return hub
    }

    private func call<C: PlainCommand>(
        _ command: C,
        _ node: NodeID,
        _ hub: Hub,
        _ timeout: Duration
    ) async throws(NodeCommandError) -> C.Reply where C.Target == NodeSteward, C.Refusal == StewardRefusal {
        let fields = [LogField(.peer, .text(node.text)), LogField(.nodeCommand, .text("\(C.self)".lowercased()))]
        let failure: NodeCommandError
        do throws(CallFailure<StewardRefusal>) {
            let steward: ActorReference<NodeSteward>
            do throws(ActorError) { steward = try hub.node.actor(NodeSteward.self, node.text) } catch {
                throw .failed(error)
            }
            let reply = try await steward.call(command, at: node, deadline: clock.now + timeout)
            logger.log(C.self == NodeSteward.Ping.self ? .debug : .info, .commandDone, fields)
            return reply
        } catch {
            failure = NodeCommandError(error, of: node, timeout)
        }
        logger.log(.warning, .commandFailed, fields + [LogField(.reason, .text(failure.message))])
        throw failure
    }
}

extension NodeCommandError {
    /// What the failure of a call means to an operator.
    fileprivate init(_ failure: CallFailure<StewardRefusal>, of node: NodeID, _ timeout: Duration) {
        switch failure {
        case .refused(let refusal): self.init(.refused, "'\(node)' says no: \(refusal.message)")
        case .overloaded: self.init(.overloaded, "'\(node)' has more to do than it can")
        case .failed(let error):
            switch error.code {
            case .unknownCommand, .malformed:
                self.init(.notSupported, "the software of '\(node)' does not know this command", cause: error)
            case .noHost, .moved, .tooManyRedirects, .unavailable:
                self.init(.notConnected, "'\(node)' is not connected any more", cause: error)
            case .deadlineExceeded:
                self.init(.timedOut, "'\(node)' has not answered within \(timeout.shortText)", cause: error)
            case .stopping: self.init(.notNow, "the hub or '\(node)' is stopping", cause: error)
            case .notAllowed: self.init(.refused, "'\(node)' does not take it from this hub", cause: error)
            case .cancelled, .outcomeUnknown, .corrupt, .commandMismatch, .tooLarge:
                self.init(.lost, "the answer of '\(node)' was lost: it may have done it", cause: error)
            }
        }
    }
}

extension LogEvent {
    static let commandDone = LogEvent("hub.node-command")
    static let commandFailed = LogEvent("hub.node-command-failed")
}

extension LogKey {
    static let nodeCommand = LogKey("command")
}
