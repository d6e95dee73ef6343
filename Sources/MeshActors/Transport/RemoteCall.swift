internal import MeshCore
internal import MeshWire

/// One try at carrying out a command on another node.
struct RemoteCall: Sendable {
    let core: NodeCore
    let address: ActorAddress
    let id: CommandID
    let deadline: Instant?

    /// What asking a node came to, before anybody looks at the answer's own fields.
    enum Outcome: Sendable {
        case value(MessageBody)
        case refusal(MessageBody)
        /// The actor is placed on that node.
        case tryAt(NodeID)
        /// It was leaving or moving; nothing happened.
        case again
        /// It may have been carried out; asking again by the same id finds out.
        case lost
        case failed(CallFailure<NoRefusal>)
    }

    /// The message that asks for `command`; nil when it is too large.
    func payload<C: ActorCommand>(_ command: C) -> [UInt8]? {
        let head = ActorCall.Head(
            command: id,
            address: address,
            tag: C.tag,
            timeLeft: deadline.map { $0 - core.environment.clock.now },
            // The only look for a trace on the way of a call: what happens here happens in the caller's own task.
            trace: TraceContext.current
        )
        return ActorCall.payload(head, command)
    }

    /// Asks `node` with `payload`; a command that is not repeatable is never asked for twice.
    nonisolated(nonsending) func ask(_ node: NodeID, _ payload: [UInt8]?, isRepeatable: Bool) async -> Outcome {
        guard let transport = core.transport else {
            let message = "\(address) lives on \(node), and this node has no transport"
            return .failed(.failed(ActorError(.noHost, message)))
        }
        guard let payload else {
            return .failed(.failed(ActorError(.tooLarge, "a command beyond its bound for \(address)")))
        }
        let response: [UInt8]
        do throws(TransportError) {
            response = try await transport.request(payload, to: node, deadline: deadline)
        } catch {
            return afterLoss(error, isRepeatable)
        }
        do throws(WireError) {
            switch try ActorReply(payload: response) {
            case .value(let body): return .value(body)
            case .refusal(let body): return .refusal(body)
            case .other(.redirect(let node)): return .tryAt(node)
            case .other(.failed(_, let pause?)): return .failed(.overloaded(retryAfter: pause))
            case .other(.failed(.moved, nil)), .other(.failed(.stopping, nil)): return .again
            // The receiver's task was cancelled, not the caller's: as if the reply had been lost.
            case .other(.failed(.cancelled, nil)):
                let error = TransportError(.lost, "\(node) gave the call up")
                return afterLoss(error, isRepeatable)
            case .other(.failed(let code, nil)):
                return .failed(.failed(ActorError(code, "\(address) was not reached: \(code.rawValue)")))
            }
        } catch {
            return .failed(.failed(unreadable(node, error)))
        }
    }

    /// Hands `payload` to `node` once; nil where that went well, or nobody knows.
    nonisolated(nonsending) func post(_ node: NodeID, _ payload: [UInt8]?) async -> Outcome? {
        guard let transport = core.transport else {
            let message = "\(address) lives on \(node), and this node has no transport"
            return .failed(.failed(ActorError(.noHost, message)))
        }
        guard let payload else {
            return .failed(.failed(ActorError(.tooLarge, "a command beyond its bound for \(address)")))
        }
        do throws(TransportError) {
            try await transport.post(payload, to: node, deadline: deadline)
            return nil
        } catch {
            return afterLoss(error, false)
        }
    }

    private func afterLoss(_ error: TransportError, _ isRepeatable: Bool) -> Outcome {
        guard !Task.isCancelled else {
            return .failed(.failed(ActorError(.cancelled, "the call was cancelled", cause: error)))
        }
        let failure: ActorError
        switch error.code {
        case .unreachable: return .again
        case .lost where isRepeatable: return .lost
        case .lost: failure = ActorError(.outcomeUnknown, "no reply from \(address)", cause: error)
        case .timedOut: failure = ActorError(.deadlineExceeded, "no answer before the deadline", cause: error)
        case .tooLarge: failure = ActorError(.tooLarge, "a message for \(address)", cause: error)
        case .closed: failure = ActorError(.stopping, "the transport is closed", cause: error)
        }
        return .failed(.failed(failure))
    }

    /// The reply in an answer's `body`.
    func reply<C: ActorCommand>(
        in body: MessageBody,
        from node: NodeID,
        to _: C.Type
    ) throws(CallFailure<C.Refusal>) -> C.Reply {
        do throws(WireError) { return try body.read(as: C.Reply.self) } catch { throw .failed(unreadable(node, error)) }
    }

    /// The refusal in an answer's `body`.
    func refusal<C: ActorCommand>(in body: MessageBody, from node: NodeID, of _: C.Type) -> CallFailure<C.Refusal> {
        do throws(WireError) {
            return .refused(try body.read(as: C.Refusal.self))
        } catch {
            return .failed(unreadable(node, error))
        }
    }

    private func unreadable(_ node: NodeID, _ error: WireError) -> ActorError {
        ActorError(.outcomeUnknown, "\(node) answers what cannot be read", cause: error)
    }
}
