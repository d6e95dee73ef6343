internal import MeshCore
internal import MeshWire

/// One try at carrying out a command on another node.
struct RemoteCall: Sendable {
    let core: NodeCore
    let address: ActorAddress
    let id: CommandID
    let deadline: Instant?

    /// Asks `node` and says what came of it.
    func send<C: ActorCommand>(
        _ command: C,
        to node: NodeID
    ) async throws(CallFailure<C.Refusal>) -> Attempt<C.Reply> {
        guard let transport = core.transport else {
            throw .failed(ActorError(.noHost, "\(address) lives on \(node), and this node has no transport"))
        }
        let call = ActorCall(
            command: id,
            address: address,
            tag: C.tag,
            timeLeft: deadline.map { $0 - core.environment.clock.now },
            body: command.wireBytes
        )
        guard call.body.count <= Limits.Call.maximumBodyBytes else {
            throw .failed(ActorError(.tooLarge, "a command of \(call.body.count) bytes for \(address)"))
        }
        let response: [UInt8]
        do throws(TransportError) {
            response = try await transport.request(call.wireBytes, to: node, deadline: deadline)
        } catch {
            return try afterLoss(error, of: C.self)
        }
        return try outcome(of: response, from: node, C.self)
    }

    private func afterLoss<C: ActorCommand>(
        _ error: TransportError,
        of _: C.Type
    ) throws(CallFailure<C.Refusal>) -> Attempt<C.Reply> {
        guard !Task.isCancelled else { throw .failed(ActorError(.cancelled, "the call was cancelled", cause: error)) }
        switch error.code {
        case .unreachable: return .again
        case .lost where C.isRepeatable: return .again
        case .lost: throw .failed(ActorError(.outcomeUnknown, "no reply from \(address)", cause: error))
        case .timedOut: throw .failed(ActorError(.deadlineExceeded, "no answer before the deadline", cause: error))
        case .tooLarge: throw .failed(ActorError(.tooLarge, "a message for \(address)", cause: error))
        case .closed: throw .failed(ActorError(.stopping, "the transport is closed", cause: error))
        }
    }

    private func outcome<C: ActorCommand>(
        of response: [UInt8],
        from node: NodeID,
        _: C.Type
    ) throws(CallFailure<C.Refusal>) -> Attempt<C.Reply> {
        let failure: CallFailure<C.Refusal>
        do throws(WireError) {
            switch try ActorReply(wireBytes: response) {
            case .value(let bytes): return .done(try C.Reply(wireBytes: bytes))
            case .refusal(let bytes): failure = .refused(try C.Refusal(wireBytes: bytes))
            case .redirect(let node): return .tryAt(node)
            case .failed(_, let pause?): failure = .overloaded(retryAfter: pause)
            case .failed(.moved, nil), .failed(.stopping, nil): return .again
            case .failed(let code, nil):
                failure = .failed(ActorError(code, "\(address) was not reached: \(code.rawValue)"))
            }
        } catch {
            failure = .failed(ActorError(.malformed, "\(node) answers what cannot be read", cause: error))
        }
        throw failure
    }
}
