#include "CMeshQUIC.h"

#include <string.h>

static const cmesh_quic_owner *owner_of(void *user_data) { return user_data; }

static ngtcp2_conn *connection_of(ngtcp2_crypto_conn_ref *reference) {
    return ((cmesh_quic_owner *)reference)->connection;
}

void cmesh_quic_owner_init(cmesh_quic_owner *owner, void *object, const cmesh_quic_events *events) {
    memset(owner, 0, sizeof *owner);
    owner->reference.get_conn = connection_of;
    owner->reference.user_data = owner;
    owner->object = object;
    owner->events = events;
}

/* Trampolines: ngtcp2's signatures, which differ between versions, to ours. */

#if CMESH_QUIC_NGTCP2_1
typedef ngtcp2_encryption_level level_t;
#else
typedef ngtcp2_crypto_level level_t;
#endif

/* A server frees its session after the handshake: what comes then has nobody to read it. */
static int on_crypto_data(ngtcp2_conn *connection, level_t level, uint64_t offset, const uint8_t *bytes, size_t count,
                          void *user_data) {
    if (ngtcp2_conn_get_tls_native_handle(connection) == NULL) return NGTCP2_ERR_CRYPTO;
    return ngtcp2_crypto_recv_crypto_data_cb(connection, level, offset, bytes, count, user_data);
}

static int result_of(int status) { return status == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE; }

static int on_handshake_completed(ngtcp2_conn *connection, void *user_data) {
    (void)connection;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->handshake_completed(owner->object));
}

static int on_handshake_confirmed(ngtcp2_conn *connection, void *user_data) {
    (void)connection;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->handshake_confirmed(owner->object));
}

static int on_stream_open(ngtcp2_conn *connection, int64_t stream, void *user_data) {
    (void)connection;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->stream_opened(owner->object, stream));
}

static int on_stream_data(ngtcp2_conn *connection, uint32_t flags, int64_t stream, uint64_t offset,
                          const uint8_t *bytes, size_t count, void *user_data, void *stream_object) {
    (void)connection, (void)offset;
    const cmesh_quic_owner *owner = owner_of(user_data);
#if CMESH_QUIC_NGTCP2_1
    int is_early = (flags & NGTCP2_STREAM_DATA_FLAG_0RTT) != 0;
#else
    int is_early = (flags & NGTCP2_STREAM_DATA_FLAG_EARLY) != 0;
#endif
    int is_last = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    return result_of(
        owner->events->stream_data(owner->object, stream, stream_object, is_last, is_early, bytes, count));
}

static int on_stream_acknowledged(ngtcp2_conn *connection, int64_t stream, uint64_t offset, uint64_t count,
                                  void *user_data, void *stream_object) {
    (void)connection, (void)stream, (void)offset;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->stream_acknowledged(owner->object, stream_object, count));
}

static int on_stream_close(ngtcp2_conn *connection, uint32_t flags, int64_t stream, uint64_t code, void *user_data,
                           void *stream_object) {
    (void)connection, (void)stream_object;
    const cmesh_quic_owner *owner = owner_of(user_data);
    int has_code = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;
    return result_of(owner->events->stream_closed(owner->object, stream, has_code, code));
}

static int on_stream_reset(ngtcp2_conn *connection, int64_t stream, uint64_t final_size, uint64_t code,
                           void *user_data, void *stream_object) {
    (void)connection, (void)final_size, (void)stream_object;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->stream_reset(owner->object, stream, code));
}

static int on_stream_credit(ngtcp2_conn *connection, int64_t stream, uint64_t limit, void *user_data,
                            void *stream_object) {
    (void)connection, (void)limit, (void)stream_object;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->stream_credit(owner->object, stream));
}

static int on_streams_credit(ngtcp2_conn *connection, uint64_t limit, void *user_data) {
    (void)connection, (void)limit;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->streams_credit(owner->object));
}

static int on_datagram(ngtcp2_conn *connection, uint32_t flags, const uint8_t *bytes, size_t count, void *user_data) {
    (void)connection, (void)flags;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->datagram(owner->object, bytes, count));
}

static int on_new_connection_id(ngtcp2_conn *connection, ngtcp2_cid *id, uint8_t *reset_token, size_t count,
                                void *user_data) {
    (void)connection;
    const cmesh_quic_owner *owner = owner_of(user_data);
    id->datalen = count;
    return result_of(owner->events->new_connection_id(owner->object, id->data, count, reset_token));
}

static int on_retired_connection_id(ngtcp2_conn *connection, const ngtcp2_cid *id, void *user_data) {
    (void)connection;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->retired_connection_id(owner->object, id->data, id->datalen));
}

static int path_validated(void *user_data, const ngtcp2_path *path, ngtcp2_path_validation_result result) {
    const cmesh_quic_owner *owner = owner_of(user_data);
    int has_succeeded = result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS;
    return result_of(owner->events->path_validated(owner->object, path, has_succeeded));
}

static int reset_token(void *user_data, int is_in_use, const uint8_t *token) {
    const cmesh_quic_owner *owner = owner_of(user_data);
    return token == NULL ? 0 : result_of(owner->events->reset_token(owner->object, is_in_use, token));
}

static int address_token(void *user_data, const uint8_t *token, size_t count) {
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->address_token(owner->object, token, count));
}

#if CMESH_QUIC_NGTCP2_1
static int on_path_validation(ngtcp2_conn *connection, uint32_t flags, const ngtcp2_path *path,
                              const ngtcp2_path *old_path, ngtcp2_path_validation_result result, void *user_data) {
    (void)connection, (void)flags, (void)old_path;
    return path_validated(user_data, path, result);
}

static int on_peer_connection_id(ngtcp2_conn *connection, ngtcp2_connection_id_status_type type, uint64_t number,
                                 const ngtcp2_cid *id, const uint8_t *token, void *user_data) {
    (void)connection, (void)number, (void)id;
    return reset_token(user_data, type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE, token);
}

static int on_address_token(ngtcp2_conn *connection, const uint8_t *token, size_t count, void *user_data) {
    (void)connection;
    return address_token(user_data, token, count);
}

static int on_stateless_reset(ngtcp2_conn *connection, const ngtcp2_pkt_stateless_reset *packet, void *user_data) {
    (void)connection, (void)packet;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->stateless_reset(owner->object));
}
#else
static int on_path_validation(ngtcp2_conn *connection, uint32_t flags, const ngtcp2_path *path,
                              ngtcp2_path_validation_result result, void *user_data) {
    (void)connection, (void)flags;
    return path_validated(user_data, path, result);
}

static int on_peer_connection_id(ngtcp2_conn *connection, int type, uint64_t number, const ngtcp2_cid *id,
                                 const uint8_t *token, void *user_data) {
    (void)connection, (void)number, (void)id;
    return reset_token(user_data, type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE, token);
}

static int on_address_token(ngtcp2_conn *connection, const ngtcp2_vec *token, void *user_data) {
    (void)connection;
    return address_token(user_data, token->base, token->len);
}

static int on_stateless_reset(ngtcp2_conn *connection, const ngtcp2_pkt_stateless_reset *packet, void *user_data) {
    (void)connection, (void)packet;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->stateless_reset(owner->object));
}
#endif

static int on_early_data_rejected(ngtcp2_conn *connection, void *user_data) {
    (void)connection;
    const cmesh_quic_owner *owner = owner_of(user_data);
    return result_of(owner->events->early_data_rejected(owner->object));
}

static void random_bytes(uint8_t *bytes, size_t count, const ngtcp2_rand_ctx *context) {
    (void)context;
    (void)gnutls_rnd(GNUTLS_RND_NONCE, bytes, count);
}

static void fill_callbacks(ngtcp2_callbacks *callbacks, int is_server) {
    memset(callbacks, 0, sizeof *callbacks);
    if (is_server) {
        callbacks->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    } else {
        callbacks->client_initial = ngtcp2_crypto_client_initial_cb;
        callbacks->recv_retry = ngtcp2_crypto_recv_retry_cb;
    }
    callbacks->recv_crypto_data = on_crypto_data;
    callbacks->encrypt = ngtcp2_crypto_encrypt_cb;
    callbacks->decrypt = ngtcp2_crypto_decrypt_cb;
    callbacks->hp_mask = ngtcp2_crypto_hp_mask_cb;
    callbacks->update_key = ngtcp2_crypto_update_key_cb;
    callbacks->delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    callbacks->delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    callbacks->get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    callbacks->version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    callbacks->rand = random_bytes;
    callbacks->handshake_completed = on_handshake_completed;
    callbacks->handshake_confirmed = on_handshake_confirmed;
    callbacks->stream_open = on_stream_open;
    callbacks->recv_stream_data = on_stream_data;
    callbacks->acked_stream_data_offset = on_stream_acknowledged;
    callbacks->stream_close = on_stream_close;
    callbacks->stream_reset = on_stream_reset;
    callbacks->extend_max_stream_data = on_stream_credit;
    callbacks->extend_max_local_streams_bidi = on_streams_credit;
    callbacks->recv_datagram = on_datagram;
    callbacks->get_new_connection_id = on_new_connection_id;
    callbacks->remove_connection_id = on_retired_connection_id;
    callbacks->path_validation = on_path_validation;
    callbacks->dcid_status = on_peer_connection_id;
    callbacks->recv_stateless_reset = on_stateless_reset;
    callbacks->recv_new_token = on_address_token;
#if CMESH_QUIC_NGTCP2_1
    callbacks->tls_early_data_rejected = on_early_data_rejected;
#else
    callbacks->early_data_rejected = on_early_data_rejected;
#endif
}

/* Connections */

static void fill_settings(ngtcp2_settings *filled, const cmesh_quic_settings *settings) {
    ngtcp2_settings_default(filled);
    filled->cc_algo = NGTCP2_CC_ALGO_CUBIC;
    filled->initial_ts = settings->now;
    filled->max_tx_udp_payload_size = settings->udp_payload;
    filled->handshake_timeout = settings->handshake_timeout;
    /* No window of the peer's is enlarged behind our back: what a connection may make us hold is what we said. */
    filled->max_window = settings->connection_window;
    filled->max_stream_window = settings->stream_window;
}

static void fill_parameters(ngtcp2_transport_params *filled, const cmesh_quic_settings *settings) {
    ngtcp2_transport_params_default(filled);
    filled->initial_max_data = settings->connection_window;
    filled->initial_max_stream_data_bidi_local = settings->stream_window;
    filled->initial_max_stream_data_bidi_remote = settings->stream_window;
    filled->initial_max_streams_bidi = settings->streams;
    filled->initial_max_streams_uni = 0; /* 0.12 never returns their credit */
    filled->max_idle_timeout = settings->idle_timeout;
    filled->active_connection_id_limit = settings->connection_ids;
    filled->max_datagram_frame_size = settings->datagram;
}

static void set_token(ngtcp2_settings *settings, const uint8_t *token, size_t count, int is_retry) {
#if CMESH_QUIC_NGTCP2_1
    settings->token = token;
    settings->tokenlen = count;
    settings->token_type = count == 0 ? NGTCP2_TOKEN_TYPE_UNKNOWN
                           : is_retry ? NGTCP2_TOKEN_TYPE_RETRY
                                      : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
#else
    (void)is_retry;
    settings->token.base = (uint8_t *)token;
    settings->token.len = count;
#endif
}

int cmesh_quic_client_new(cmesh_quic_owner *owner, const cmesh_quic_settings *settings, const ngtcp2_cid *destination,
                          const ngtcp2_cid *source, const ngtcp2_path *path, const uint8_t *token,
                          size_t token_count) {
    ngtcp2_callbacks callbacks;
    ngtcp2_settings filled;
    ngtcp2_transport_params parameters;
    fill_callbacks(&callbacks, 0);
    fill_settings(&filled, settings);
    fill_parameters(&parameters, settings);
    set_token(&filled, token, token_count, 0);
    int status = ngtcp2_conn_client_new(&owner->connection, destination, source, path, NGTCP2_PROTO_VER_V1, &callbacks,
                                        &filled, &parameters, cmesh_quic_memory(), owner);
    if (status == 0 && settings->keep_alive > 0) {
        ngtcp2_conn_set_keep_alive_timeout(owner->connection, settings->keep_alive);
    }
    return status;
}

int cmesh_quic_server_new(cmesh_quic_owner *owner, const cmesh_quic_settings *settings,
                          const cmesh_quic_initial *initial, const ngtcp2_cid *original,
                          const ngtcp2_cid *retry_source, const ngtcp2_cid *source, const uint8_t *reset_token_bytes,
                          const ngtcp2_path *path) {
    ngtcp2_callbacks callbacks;
    ngtcp2_settings filled;
    ngtcp2_transport_params parameters;
    fill_callbacks(&callbacks, 1);
    fill_settings(&filled, settings);
    fill_parameters(&parameters, settings);
    set_token(&filled, initial->token, initial->token_count, retry_source != NULL);
    parameters.original_dcid = *original;
#if CMESH_QUIC_NGTCP2_1
    parameters.original_dcid_present = 1;
#endif
    if (retry_source != NULL) {
        parameters.retry_scid = *retry_source;
        parameters.retry_scid_present = 1;
    }
    memcpy(parameters.stateless_reset_token, reset_token_bytes, NGTCP2_STATELESS_RESET_TOKENLEN);
    parameters.stateless_reset_token_present = 1;
    int status = ngtcp2_conn_server_new(&owner->connection, &initial->source, source, path, initial->version,
                                        &callbacks, &filled, &parameters, cmesh_quic_memory(), owner);
    if (status == 0 && settings->keep_alive > 0) {
        ngtcp2_conn_set_keep_alive_timeout(owner->connection, settings->keep_alive);
    }
    return status;
}

int cmesh_quic_accept(cmesh_quic_initial *initial, const uint8_t *packet, size_t count) {
    ngtcp2_pkt_hd header;
    int status = ngtcp2_accept(&header, packet, count);
    if (status != 0) return status;
    initial->destination = header.dcid;
    initial->source = header.scid;
    initial->version = header.version;
#if CMESH_QUIC_NGTCP2_1
    initial->token = header.token;
    initial->token_count = header.tokenlen;
#else
    initial->token = header.token.base;
    initial->token_count = header.token.len;
#endif
    return 0;
}

/* Closing */

#if CMESH_QUIC_NGTCP2_1
#define close_error ngtcp2_ccerr
#define set_library_error ngtcp2_ccerr_set_liberr
#define set_transport_error ngtcp2_ccerr_set_transport_error
#define set_alert ngtcp2_ccerr_set_tls_alert
#define set_application_error ngtcp2_ccerr_set_application_error
#define CLOSE_TYPE_APPLICATION NGTCP2_CCERR_TYPE_APPLICATION
#else
#define close_error ngtcp2_connection_close_error
#define set_library_error ngtcp2_connection_close_error_set_transport_error_liberr
#define set_transport_error ngtcp2_connection_close_error_set_transport_error
#define set_alert ngtcp2_connection_close_error_set_transport_error_tls_alert
#define set_application_error ngtcp2_connection_close_error_set_application_error
#define CLOSE_TYPE_APPLICATION NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION
#endif

ngtcp2_ssize cmesh_quic_write_close(ngtcp2_conn *connection, ngtcp2_path *path, uint8_t *packet, size_t capacity,
                                    cmesh_quic_close_kind kind, uint64_t code, const uint8_t *reason,
                                    size_t reason_count, uint64_t now) {
    close_error error;
    memset(&error, 0, sizeof error);
    uint8_t *text = (uint8_t *)reason;
    switch (kind) {
    case CMESH_QUIC_CLOSE_LIBRARY: set_library_error(&error, (int)(int64_t)code, text, reason_count); break;
    case CMESH_QUIC_CLOSE_TRANSPORT: set_transport_error(&error, code, text, reason_count); break;
    case CMESH_QUIC_CLOSE_ALERT: set_alert(&error, (uint8_t)code, text, reason_count); break;
    case CMESH_QUIC_CLOSE_APPLICATION: set_application_error(&error, code, text, reason_count); break;
    }
    ngtcp2_pkt_info info = {0};
    return ngtcp2_conn_write_connection_close(connection, path, &info, packet, capacity, &error, now);
}

cmesh_quic_close_kind cmesh_quic_peer_close(ngtcp2_conn *connection, uint64_t *code, const uint8_t **reason,
                                            size_t *reason_count) {
#if CMESH_QUIC_NGTCP2_1
    const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(connection);
    const ngtcp2_ccerr found = *error;
#else
    ngtcp2_connection_close_error found;
    ngtcp2_conn_get_connection_close_error(connection, &found);
#endif
    *reason = found.reason;
    *reason_count = found.reasonlen;
    *code = found.error_code;
    if (found.type == CLOSE_TYPE_APPLICATION) return CMESH_QUIC_CLOSE_APPLICATION;
    if (found.error_code >= 0x100 && found.error_code <= 0x1ff) {
        *code = found.error_code - 0x100;
        return CMESH_QUIC_CLOSE_ALERT;
    }
    return CMESH_QUIC_CLOSE_TRANSPORT;
}

void cmesh_quic_get_statistics(ngtcp2_conn *connection, cmesh_quic_statistics *statistics) {
#if CMESH_QUIC_NGTCP2_1
    ngtcp2_conn_info found;
    ngtcp2_conn_get_conn_info(connection, &found);
#else
    ngtcp2_conn_stat found;
    ngtcp2_conn_get_conn_stat(connection, &found);
#endif
    statistics->smoothed_round_trip = found.smoothed_rtt;
    statistics->shortest_round_trip = found.min_rtt;
    statistics->latest_round_trip = found.latest_rtt;
    statistics->round_trip_variation = found.rttvar;
    statistics->congestion_window = found.cwnd;
    statistics->bytes_in_flight = found.bytes_in_flight;
}

ngtcp2_ssize cmesh_quic_save_parameters(ngtcp2_conn *connection, uint8_t *bytes, size_t capacity) {
#if CMESH_QUIC_NGTCP2_1
    return ngtcp2_conn_encode_0rtt_transport_params(connection, bytes, capacity);
#else
    const ngtcp2_transport_params *parameters = ngtcp2_conn_get_remote_transport_params(connection);
    if (parameters == NULL) return NGTCP2_ERR_INVALID_STATE;
    return ngtcp2_encode_transport_params(bytes, capacity, NGTCP2_TRANSPORT_PARAMS_TYPE_ENCRYPTED_EXTENSIONS,
                                          parameters);
#endif
}

int cmesh_quic_load_parameters(ngtcp2_conn *connection, const uint8_t *bytes, size_t count) {
#if CMESH_QUIC_NGTCP2_1
    return ngtcp2_conn_decode_and_set_0rtt_transport_params(connection, bytes, count);
#else
    ngtcp2_transport_params parameters;
    int status = ngtcp2_decode_transport_params(&parameters, NGTCP2_TRANSPORT_PARAMS_TYPE_ENCRYPTED_EXTENSIONS, bytes,
                                                count);
    if (status == 0) ngtcp2_conn_set_early_remote_transport_params(connection, &parameters);
    return status;
#endif
}
