/* TLS for QUIC: sessions of GnuTLS bound to connections of ngtcp2. */

#include "CMeshQUIC.h"

static const cmesh_quic_owner *owner_of_session(gnutls_session_t session) { return gnutls_session_get_ptr(session); }

/* Whether the certificate of the client is wanted for the protocol that was chosen. */
static int wanted_of(gnutls_session_t session) {
    const cmesh_quic_owner *owner = owner_of_session(session);
    gnutls_datum_t protocol = {NULL, 0};
    (void)gnutls_alpn_get_selected_protocol(session, &protocol);
    return owner->events->wants_client_certificate(owner->object, protocol.data, protocol.size);
}

static int verify_peer(gnutls_session_t session) {
    const cmesh_quic_owner *owner = owner_of_session(session);
    unsigned int count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (chain == NULL || count == 0) {
        /* GnuTLS asks here also for a client that was free to show none. */
        int is_free = ngtcp2_conn_is_server(owner->connection) && wanted_of(session) != CMESH_QUIC_CERTIFICATE_DEMANDED;
        return is_free ? 0 : GNUTLS_E_NO_CERTIFICATE_FOUND;
    }
    return owner->events->verify_peer(owner->object, chain, count) == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* Behind the client's hello its protocols are known, and before our certificate request goes out. */
static int after_client_hello(gnutls_session_t session, unsigned int type, unsigned int when, unsigned int is_incoming,
                              const gnutls_datum_t *message) {
    (void)type, (void)when, (void)message;
    if (!is_incoming) return 0;
    gnutls_certificate_request_t request = GNUTLS_CERT_IGNORE;
    switch (wanted_of(session)) {
    case CMESH_QUIC_CERTIFICATE_DEMANDED: request = GNUTLS_CERT_REQUIRE; break;
    case CMESH_QUIC_CERTIFICATE_TAKEN: request = GNUTLS_CERT_REQUEST; break;
    default: break;
    }
    gnutls_certificate_server_set_request(session, request);
    return 0;
}

static int after_ticket(gnutls_session_t session, unsigned int type, unsigned int when, unsigned int is_incoming,
                        const gnutls_datum_t *message) {
    (void)type, (void)when, (void)message;
    if (!is_incoming) return 0;
    const cmesh_quic_owner *owner = owner_of_session(session);
    return owner->events->ticket_received(owner->object);
}

static int configure_server(gnutls_session_t session, const gnutls_datum_t *ticket_key,
                            gnutls_anti_replay_t anti_replay) {
    if (ngtcp2_crypto_gnutls_configure_server_session(session) != 0) return GNUTLS_E_INTERNAL_ERROR;
    /* Names of authorities would make a client of another one send nothing, and hide the reason from both sides. */
    gnutls_certificate_send_x509_rdn_sequence(session, 1);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST, after_client_hello);
    if (ticket_key != NULL) {
        int status = gnutls_session_ticket_enable_server(session, ticket_key);
        if (status != 0) return status;
    }
    if (anti_replay != NULL) {
        gnutls_anti_replay_enable(session, anti_replay);
        (void)gnutls_record_set_max_early_data_size(session, 0xffffffff); /* RFC 9001 §4.6.1: no other value */
    }
    return 0;
}

static int configure_client(gnutls_session_t session) {
    if (ngtcp2_crypto_gnutls_configure_client_session(session) != 0) return GNUTLS_E_INTERNAL_ERROR;
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST, after_ticket);
    return 0;
}

int cmesh_quic_session_new(gnutls_session_t *result, cmesh_quic_owner *owner, int is_server,
                           gnutls_certificate_credentials_t credentials, gnutls_priority_t priority,
                           const gnutls_datum_t *protocols, unsigned int protocol_count,
                           const gnutls_datum_t *ticket_key, gnutls_anti_replay_t anti_replay) {
    unsigned int flags = GNUTLS_ENABLE_EARLY_DATA | GNUTLS_NO_END_OF_EARLY_DATA;
    if (is_server) {
        flags |= GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET;
        if (anti_replay == NULL) flags &= ~(unsigned int)GNUTLS_ENABLE_EARLY_DATA;
        if (ticket_key == NULL) flags |= GNUTLS_NO_TICKETS;
    } else {
        flags |= GNUTLS_CLIENT;
    }
    gnutls_session_t session = NULL;
    int status = gnutls_init(&session, flags);
    if (status != 0) return status;
    gnutls_session_set_ptr(session, owner);
    status = gnutls_priority_set(session, priority);
    if (status == 0) {
        status = is_server ? configure_server(session, ticket_key, anti_replay) : configure_client(session);
    }
    if (status == 0) status = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    if (status == 0) status = gnutls_alpn_set_protocols(session, protocols, protocol_count, GNUTLS_ALPN_MANDATORY);
    if (status != 0) {
        gnutls_deinit(session);
        return status;
    }
    gnutls_session_set_verify_function(session, verify_peer);
    ngtcp2_conn_set_tls_native_handle(owner->connection, session);
    *result = session;
    return 0;
}
