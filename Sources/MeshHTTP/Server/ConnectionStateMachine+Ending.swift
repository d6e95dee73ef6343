package import MeshCore

// MARK: - The end

extension ConnectionStateMachine {
    /// What to do with bytes that come behind the last request.
    package enum BytesDiscardedAction: Hashable, Sendable {
        case none
        case close
    }

    /// Bytes were thrown away behind the last answer.
    package mutating func bytesDiscarded(_ count: Int) -> BytesDiscardedAction {
        guard case .lingering(let deadline, let left) = state else { return .none }
        guard left >= UInt64(count) else {
            close()
            return .close
        }
        state = .lingering(deadline: deadline, left: left - UInt64(count))
        return .none
    }

    /// What to do about a client that sends nothing more.
    package enum PeerEndedAction: Hashable, Sendable {
        /// It may still read what is on its way.
        case none
        /// Close.
        case close
        /// Close, and cancel the handler.
        case closeAndCancel
    }

    /// The client has left, or has ended its direction.
    package mutating func peerEnded() -> PeerEndedAction {
        hasPeerEnded = true
        switch state {
        case .idle, .readingHead, .draining:
            guard backlog == nil else {
                state = .flushing
                return .none
            }
            close()
            return .close
        case .handling, .upgraded:
            close()
            return .closeAndCancel
        case .flushing: return .none
        case .handshaking, .lingering:
            close()
            return .close
        case .closed: return .none
        }
    }

    /// What to do when the connection fails.
    package enum FailedAction: Hashable, Sendable {
        case none
        /// Cancel the handler.
        case cancel
    }

    /// The connection has failed and is closed.
    package mutating func failed() -> FailedAction {
        defer { close() }
        switch state {
        case .handling, .upgraded: return .cancel
        default: return .none
        }
    }

    /// What to do when the server stops.
    package enum StopAction: Hashable, Sendable {
        /// The request under way is answered first.
        case none
        /// Nothing is under way: close.
        case close
        /// Tell the other protocol to end.
        case endUpgrade
    }

    /// The server stops: what is under way may end, nothing more begins.
    package mutating func stop() -> StopAction {
        isStopping = true
        switch state {
        case .idle where backlog != nil, .draining:
            state = .flushing
            return .none
        case .handshaking, .idle:
            close()
            return .close
        case .upgraded: return .endUpgrade
        case .readingHead, .handling, .flushing, .lingering, .closed: return .none
        }
    }

    /// What to do when the time is up.
    package enum DeadlineReachedAction: Hashable, Sendable {
        /// The deadline is still ahead.
        case none
        /// Close.
        case close
        /// Answer 408, and end.
        case refuse
        /// Fail the body: the handler answers.
        case failBody
        /// Close without a goodbye, and cancel the handler if there is one.
        case abort
        /// Send what is left, then end.
        case finish
    }

    /// The clock has come to `now`.
    package mutating func deadlineReached(now: Instant) -> DeadlineReachedAction {
        if let backlog, backlog.deadline <= now {
            close()
            return .abort
        }
        switch state {
        case .handshaking(let deadline) where deadline <= now,
            .idle(let deadline) where deadline <= now,
            .lingering(let deadline, _) where deadline <= now:
            guard backlog == nil else {
                state = .flushing
                return .none
            }
            close()
            return .close
        case .readingHead(let deadline) where deadline <= now:
            state = .flushing
            return .refuse
        case .draining(let deadline, _) where deadline <= now:
            state = .flushing
            return .finish
        case .handling(var exchange):
            guard let deadline = exchange.bodyDeadline(timeouts), deadline <= now else { return .none }
            exchange.isBodyOver = true
            exchange.keepsAlive = false
            exchange.owesContinue = false
            exchange.stopWaiting(now: now)
            state = .handling(exchange)
            return .failBody
        case .handshaking, .idle, .readingHead, .draining, .lingering, .flushing, .upgraded, .closed: return .none
        }
    }

    mutating func close() {
        state = .closed
        backlog = nil
    }
}
