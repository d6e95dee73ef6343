/*
 * ngtcp2 (0.12 and 1.x) with GnuTLS, as MeshQUIC sees them: flat arguments, no struct that differs between versions.
 *
 * An owner is what a connection's C objects point back to. It lives in memory of its own, outlives them, and says
 * through `events` what ngtcp2 reports. No event may call ngtcp2; each copies what it needs and returns 0.
 */
#ifndef CMESH_QUIC_H
#define CMESH_QUIC_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stddef.h>
#include <stdint.h>

#if NGTCP2_VERSION_NUM >= 0x010000
#define CMESH_QUIC_NGTCP2_1 1
#else
#define CMESH_QUIC_NGTCP2_1 0
#endif

/* What ngtcp2 reports; `object` is the owner's. A result other than 0 ends the connection. */
typedef struct cmesh_quic_events {
    int (*_Nonnull handshake_completed)(void *_Nonnull object);
    int (*_Nonnull handshake_confirmed)(void *_Nonnull object);
    int (*_Nonnull stream_opened)(void *_Nonnull object, int64_t stream);
    int (*_Nonnull stream_data)(void *_Nonnull object, int64_t stream, void *_Nullable stream_object, int is_last,
                                int is_early, const uint8_t *_Nullable bytes, size_t count);
    int (*_Nonnull stream_acknowledged)(void *_Nonnull object, void *_Nullable stream_object, uint64_t count);
    int (*_Nonnull stream_closed)(void *_Nonnull object, int64_t stream, int has_code, uint64_t code);
    int (*_Nonnull stream_reset)(void *_Nonnull object, int64_t stream, uint64_t code);
    int (*_Nonnull stream_credit)(void *_Nonnull object, int64_t stream);
    int (*_Nonnull streams_credit)(void *_Nonnull object);
    int (*_Nonnull datagram)(void *_Nonnull object, const uint8_t *_Nullable bytes, size_t count);
    int (*_Nonnull new_connection_id)(void *_Nonnull object, uint8_t *_Nonnull id, size_t count,
                                      uint8_t *_Nonnull reset_token);
    int (*_Nonnull retired_connection_id)(void *_Nonnull object, const uint8_t *_Nonnull id, size_t count);
    int (*_Nonnull path_validated)(void *_Nonnull object, const ngtcp2_path *_Nonnull path, int has_succeeded);
    int (*_Nonnull reset_token)(void *_Nonnull object, int is_in_use, const uint8_t *_Nonnull token);
    int (*_Nonnull stateless_reset)(void *_Nonnull object);
    int (*_Nonnull address_token)(void *_Nonnull object, const uint8_t *_Nullable token, size_t count);
    int (*_Nonnull early_data_rejected)(void *_Nonnull object);
    /* The peer's chain; 0 lets the handshake go on. Not called when the peer has sent none. */
    int (*_Nonnull verify_peer)(void *_Nonnull object, const gnutls_datum_t *_Nonnull chain, unsigned int count);
    /* The client has said which protocols it speaks and one was chosen; returns one of CMESH_QUIC_CERTIFICATE_…. */
    int (*_Nonnull wants_client_certificate)(void *_Nonnull object, const uint8_t *_Nullable protocol, size_t count);
    /* A ticket with which this client may resume has arrived. */
    int (*_Nonnull ticket_received)(void *_Nonnull object);
} cmesh_quic_events;

/* What becomes of a client's certificate: it is not asked for, is taken if there is one, or must be shown. */
enum { CMESH_QUIC_CERTIFICATE_IGNORED = 0, CMESH_QUIC_CERTIFICATE_DEMANDED = 1, CMESH_QUIC_CERTIFICATE_TAKEN = 2 };

typedef struct cmesh_quic_owner {
    ngtcp2_crypto_conn_ref reference; /* first: it is the session's pointer */
    ngtcp2_conn *_Nullable connection;
    void *_Nonnull object;
    const cmesh_quic_events *_Nonnull events;
} cmesh_quic_owner;

/* Durations are in nanoseconds, sizes in bytes; 0 leaves an optional feature out. */
typedef struct cmesh_quic_settings {
    uint64_t now;
    uint64_t udp_payload;
    uint64_t connection_window;
    uint64_t stream_window;
    uint64_t streams;
    uint64_t connection_ids;
    uint64_t idle_timeout;
    uint64_t keep_alive;
    uint64_t handshake_timeout;
    uint64_t datagram;
} cmesh_quic_settings;

/* A client's first packet. Pointers lie in the packet. */
typedef struct cmesh_quic_initial {
    ngtcp2_cid destination;
    ngtcp2_cid source;
    uint32_t version;
    const uint8_t *_Nullable token;
    size_t token_count;
} cmesh_quic_initial;

typedef struct cmesh_quic_statistics {
    uint64_t smoothed_round_trip;
    uint64_t shortest_round_trip;
    uint64_t latest_round_trip;
    uint64_t round_trip_variation;
    uint64_t congestion_window;
    uint64_t bytes_in_flight;
} cmesh_quic_statistics;

/* Why a connection ends: ours to send, or the peer's. */
typedef enum cmesh_quic_close_kind {
    CMESH_QUIC_CLOSE_LIBRARY,     /* `code` is an error of ngtcp2; it becomes a transport error */
    CMESH_QUIC_CLOSE_TRANSPORT,   /* `code` is a transport error of RFC 9000 */
    CMESH_QUIC_CLOSE_ALERT,       /* `code` is a TLS alert */
    CMESH_QUIC_CLOSE_APPLICATION, /* `code` is the application's */
} cmesh_quic_close_kind;

/* Where ngtcp2 gets its memory from; NULL for the C library's own. */
const ngtcp2_mem *_Nullable cmesh_quic_memory(void);

void cmesh_quic_owner_init(cmesh_quic_owner *_Nonnull owner, void *_Nonnull object,
                           const cmesh_quic_events *_Nonnull events);

int cmesh_quic_client_new(cmesh_quic_owner *_Nonnull owner, const cmesh_quic_settings *_Nonnull settings,
                          const ngtcp2_cid *_Nonnull destination, const ngtcp2_cid *_Nonnull source,
                          const ngtcp2_path *_Nonnull path, const uint8_t *_Nullable token, size_t token_count);

/*
 * `original` and `retry_source` are those of the packet before a Retry, as its token says; else the latter is NULL. A
 * token in `initial` proves the client's address: it must have been verified, or its count be 0.
 */
int cmesh_quic_server_new(cmesh_quic_owner *_Nonnull owner, const cmesh_quic_settings *_Nonnull settings,
                          const cmesh_quic_initial *_Nonnull initial, const ngtcp2_cid *_Nonnull original,
                          const ngtcp2_cid *_Nullable retry_source, const ngtcp2_cid *_Nonnull source,
                          const uint8_t *_Nonnull reset_token, const ngtcp2_path *_Nonnull path);

int cmesh_quic_accept(cmesh_quic_initial *_Nonnull initial, const uint8_t *_Nonnull packet, size_t count);

ngtcp2_ssize cmesh_quic_write_close(ngtcp2_conn *_Nonnull connection, ngtcp2_path *_Nonnull path,
                                    uint8_t *_Nonnull packet, size_t capacity, cmesh_quic_close_kind kind,
                                    uint64_t code, const uint8_t *_Nullable reason, size_t reason_count, uint64_t now);

/* Why the peer has closed; `reason` belongs to the connection. */
cmesh_quic_close_kind cmesh_quic_peer_close(ngtcp2_conn *_Nonnull connection, uint64_t *_Nonnull code,
                                            const uint8_t *_Nullable *_Nonnull reason, size_t *_Nonnull reason_count);

void cmesh_quic_get_statistics(ngtcp2_conn *_Nonnull connection, cmesh_quic_statistics *_Nonnull statistics);

/* What a client must keep beside its ticket for early data; returns how many bytes, or less than 0. */
ngtcp2_ssize cmesh_quic_save_parameters(ngtcp2_conn *_Nonnull connection, uint8_t *_Nonnull bytes, size_t capacity);
int cmesh_quic_load_parameters(ngtcp2_conn *_Nonnull connection, const uint8_t *_Nonnull bytes, size_t count);

/*
 * A TLS session for the owner's connection, which it is bound to. `protocols` are those that this side offers or
 * accepts, the first first. Tickets are made with `ticket_key` on a server that has one; early data is taken only
 * with `anti_replay`.
 */
int cmesh_quic_session_new(gnutls_session_t _Nullable *_Nonnull session, cmesh_quic_owner *_Nonnull owner,
                           int is_server, gnutls_certificate_credentials_t _Nonnull credentials,
                           gnutls_priority_t _Nonnull priority, const gnutls_datum_t *_Nonnull protocols,
                           unsigned int protocol_count, const gnutls_datum_t *_Nullable ticket_key,
                           gnutls_anti_replay_t _Nullable anti_replay);

/* gnutls_free and gnutls_memset are variables, which Swift may not read from several threads. */
static inline void cmesh_quic_free_datum(gnutls_datum_t *_Nonnull datum) {
    if (datum->data == NULL) return;
    gnutls_memset(datum->data, 0, datum->size);
    gnutls_free(datum->data);
    datum->data = NULL;
}

static inline int cmesh_quic_is_in_draining(ngtcp2_conn *_Nonnull connection) {
#if CMESH_QUIC_NGTCP2_1
    return ngtcp2_conn_in_draining_period(connection);
#else
    return ngtcp2_conn_is_in_draining_period(connection);
#endif
}

static inline int cmesh_quic_read(ngtcp2_conn *_Nonnull connection, const ngtcp2_path *_Nonnull path, uint8_t ecn,
                                  const uint8_t *_Nonnull packet, size_t count, uint64_t now) {
    ngtcp2_pkt_info info = {ecn};
    return ngtcp2_conn_read_pkt(connection, path, &info, packet, count, now);
}

static inline ngtcp2_ssize cmesh_quic_write_stream(ngtcp2_conn *_Nonnull connection, ngtcp2_path *_Nonnull path,
                                                   uint8_t *_Nonnull ecn, uint8_t *_Nonnull packet, size_t capacity,
                                                   ngtcp2_ssize *_Nullable taken, uint32_t flags, int64_t stream,
                                                   const ngtcp2_vec *_Nullable pieces, size_t piece_count,
                                                   uint64_t now) {
    ngtcp2_pkt_info info = {0};
    ngtcp2_ssize count = ngtcp2_conn_writev_stream(connection, path, &info, packet, capacity, taken, flags, stream,
                                                   pieces, piece_count, now);
    *ecn = info.ecn;
    return count;
}

static inline ngtcp2_ssize cmesh_quic_write_datagram(ngtcp2_conn *_Nonnull connection, ngtcp2_path *_Nonnull path,
                                                     uint8_t *_Nonnull ecn, uint8_t *_Nonnull packet, size_t capacity,
                                                     int *_Nonnull was_taken, uint32_t flags,
                                                     const uint8_t *_Nonnull bytes, size_t byte_count, uint64_t now) {
    ngtcp2_pkt_info info = {0};
    ngtcp2_vec piece = {(uint8_t *)bytes, byte_count};
    ngtcp2_ssize count = ngtcp2_conn_writev_datagram(connection, path, &info, packet, capacity, was_taken, flags, 0,
                                                     &piece, 1, now);
    *ecn = info.ecn;
    return count;
}

static inline int cmesh_quic_shutdown_stream(ngtcp2_conn *_Nonnull connection, int64_t stream, uint64_t code) {
#if CMESH_QUIC_NGTCP2_1
    return ngtcp2_conn_shutdown_stream(connection, 0, stream, code);
#else
    return ngtcp2_conn_shutdown_stream(connection, stream, code);
#endif
}

/* On a client whose handshake has completed: whether the server took what was sent before. */
static inline int cmesh_quic_is_early_data_accepted(gnutls_session_t _Nonnull session) {
    return (gnutls_session_get_flags(session) & GNUTLS_SFLAGS_EARLY_DATA) != 0;
}

/* Forgets what was sent as early data; not from inside an event. */
static inline int cmesh_quic_early_data_rejected(ngtcp2_conn *_Nonnull connection) {
#if CMESH_QUIC_NGTCP2_1
    return ngtcp2_conn_tls_early_data_rejected(connection);
#else
    return ngtcp2_conn_early_data_rejected(connection);
#endif
}

static inline int cmesh_quic_stop_reading_stream(ngtcp2_conn *_Nonnull connection, int64_t stream, uint64_t code) {
#if CMESH_QUIC_NGTCP2_1
    return ngtcp2_conn_shutdown_stream_read(connection, 0, stream, code);
#else
    return ngtcp2_conn_shutdown_stream_read(connection, stream, code);
#endif
}

/* Whether a stream takes nothing more: its last byte was sent, or it was reset, by us or at the peer's wish. */
static inline int cmesh_quic_is_stopped(ngtcp2_conn *_Nonnull connection, int64_t stream) {
    /* More than any stream can hold is refused before anything is written, but only where the stream is looked at. */
    ngtcp2_vec impossible = {NULL, SIZE_MAX};
    uint8_t nowhere[1];
    return ngtcp2_conn_writev_stream(connection, NULL, NULL, nowhere, 0, NULL, NGTCP2_WRITE_STREAM_FLAG_NONE, stream,
                                     &impossible, 1, 0) == NGTCP2_ERR_STREAM_SHUT_WR;
}

#endif
