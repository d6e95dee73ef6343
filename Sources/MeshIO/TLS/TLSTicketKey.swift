internal import CMeshTLS

/// The key that seals a server's tickets.
final class TLSTicketKey: Sendable {
    // Drawn once and only read; GnuTLS takes it from any thread.
    nonisolated(unsafe) private(set) var datum = gnutls_datum_t()

    /// A key that nobody can guess.
    init() {
        let status = gnutls_session_ticket_key_generate(&datum)
        precondition(status == 0, "no randomness for a ticket key")
    }

    deinit { cmesh_tls_wipe(&datum) }
}
