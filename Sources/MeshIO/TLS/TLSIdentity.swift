internal import MeshCore

/// The context that new TLS connections of a server get, which may be replaced while it serves.
///
/// Shared by the listeners of all loops, so that a peer may resume on any of them.
package final class TLSIdentity: Sendable {
    private struct State {
        var context: TLSServerContext
        var ticketKey = TLSTicketKey()
        var ticketKeyUntil: Instant?
    }

    private let state: Lock<State>

    /// Begins with `context`.
    package init(_ context: TLSServerContext) { state = Lock(State(context: context)) }

    /// New connections get `context`; those that are there keep theirs, and tickets stay good.
    package func use(_ context: TLSServerContext) { state.withLock { $0.context = context } }

    /// What a connection that comes at `now` gets.
    func current(at now: Instant) -> (TLSServerContext, TLSTicketKey) {
        state.withLock { state in
            if let until = state.ticketKeyUntil, now >= until {
                state.ticketKey = TLSTicketKey()
                state.ticketKeyUntil = nil
            }
            if state.ticketKeyUntil == nil { state.ticketKeyUntil = now + Limits.TLS.ticketKeyLifetime }
            return (state.context, state.ticketKey)
        }
    }
}
