#define _GNU_SOURCE 1
#include "CMeshTLS.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct cmesh_tls {
    gnutls_session_t session;
    int descriptor;
    int system_error;
    bool is_drained, has_peer_ended, has_answered, is_at_end;
    cmesh_tls_room room; /* of the call under way */
    uint8_t *kept;       /* what an earlier call has left, or NULL */
    const uint8_t *ahead;
    size_t ahead_count;
};

static ssize_t fetch(cmesh_tls *tls) {
    ssize_t count;
    if (tls->is_drained) {
        errno = EAGAIN;
        return -1;
    }
    do count = recv(tls->descriptor, tls->room.bytes, tls->room.count, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) tls->is_drained = true;
    else if (count < 0) tls->system_error = errno;
    else if (count == 0) tls->is_at_end = true;
    /* It gave all it had; what comes later is told. Behind the last byte of a peer that has ended nothing is. */
    else if ((size_t)count < tls->room.count && !tls->has_peer_ended) tls->is_drained = true;
    return count;
}

static ssize_t pull(gnutls_transport_ptr_t context, void *bytes, size_t count) {
    cmesh_tls *tls = context;
    if (tls->ahead_count == 0) {
        ssize_t fetched = fetch(tls);
        if (fetched <= 0) return fetched;
        tls->ahead = tls->room.bytes;
        tls->ahead_count = (size_t)fetched;
    }
    if (count > tls->ahead_count) count = tls->ahead_count;
    memcpy(bytes, tls->ahead, count);
    tls->ahead += count;
    tls->ahead_count -= count;
    return (ssize_t)count;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *pieces, int count) {
    cmesh_tls *tls = context;
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count};
    ssize_t taken;
    tls->has_answered = true;
    do taken = sendmsg(tls->descriptor, &message, MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    if (taken < 0 && errno != EAGAIN) tls->system_error = errno;
    return taken;
}

/* The room goes back to its lender: what is left of it is copied. */
static bool give_back_room(cmesh_tls *tls) {
    bool is_in_room = tls->ahead >= tls->room.bytes && tls->ahead < tls->room.bytes + tls->room.count;
    if (tls->ahead_count == 0 || is_in_room) {
        uint8_t *copy = tls->ahead_count == 0 ? NULL : malloc(tls->ahead_count);
        if (tls->ahead_count != 0 && copy == NULL) return false;
        if (copy != NULL) memcpy(copy, tls->ahead, tls->ahead_count);
        free(tls->kept);
        tls->kept = copy;
        tls->ahead = copy;
    }
    return true;
}

static int prepare(cmesh_tls *tls, const cmesh_tls_settings *settings) {
    gnutls_session_t session = tls->session;
    int status = gnutls_priority_set(session, settings->priorities);
    if (status == 0) status = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, settings->credentials);
    if (status == 0 && settings->protocol_count > 0)
        status = gnutls_alpn_set_protocols(session, settings->protocols, settings->protocol_count,
                                           GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
    if (status == 0) status = gnutls_session_ticket_enable_server(session, settings->ticket_key);
    gnutls_db_set_cache_expiration(session, (int)settings->ticket_seconds);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE);
    gnutls_handshake_set_max_packet_length(session, settings->handshake_bytes);
    gnutls_transport_set_ptr(session, tls);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_vec_push_function(session, push);
    return status;
}

int cmesh_tls_new(cmesh_tls **out, int descriptor, const cmesh_tls_settings *settings) {
    cmesh_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) return GNUTLS_E_MEMORY_ERROR;
    tls->descriptor = descriptor;
    int status = gnutls_init(&tls->session, GNUTLS_SERVER | GNUTLS_NONBLOCK);
    if (status == 0) status = prepare(tls, settings);
    if (status == 0) {
        *out = tls;
    } else {
        cmesh_tls_free(tls);
    }
    return status;
}

void cmesh_tls_free(cmesh_tls *tls) {
    if (tls->session != NULL) gnutls_deinit(tls->session);
    free(tls->kept);
    free(tls);
}

void cmesh_tls_readable(cmesh_tls *tls, bool has_peer_ended) {
    tls->is_drained = false;
    tls->has_peer_ended = has_peer_ended;
}

bool cmesh_tls_is_drained(const cmesh_tls *tls) { return tls->is_drained && tls->ahead_count == 0; }

int cmesh_tls_handshake(cmesh_tls *tls, cmesh_tls_room room) {
    tls->room = room;
    int status = gnutls_handshake(tls->session);
    if (status < 0 && gnutls_error_is_fatal(status)) (void)gnutls_alert_send_appropriate(tls->session, status);
    return give_back_room(tls) ? status : GNUTLS_E_MEMORY_ERROR;
}

bool cmesh_tls_has_answered(const cmesh_tls *tls) { return tls->has_answered; }

bool cmesh_tls_waits_to_write(const cmesh_tls *tls) { return gnutls_record_get_direction(tls->session) == 1; }

long cmesh_tls_read(cmesh_tls *tls, void *bytes, size_t count, cmesh_tls_room room) {
    tls->room = room;
    ssize_t status = gnutls_record_recv(tls->session, bytes, count);
    return give_back_room(tls) ? status : GNUTLS_E_MEMORY_ERROR;
}

long cmesh_tls_write(cmesh_tls *tls, const void *bytes, size_t count) {
    return gnutls_record_send(tls->session, bytes, count);
}

int cmesh_tls_finish(cmesh_tls *tls) { return gnutls_bye(tls->session, GNUTLS_SHUT_WR); }

bool cmesh_tls_is_at_end(const cmesh_tls *tls) { return tls->is_at_end; }

int cmesh_tls_system_error(const cmesh_tls *tls) { return tls->system_error; }

gnutls_datum_t cmesh_tls_protocol(const cmesh_tls *tls) {
    gnutls_datum_t protocol = {NULL, 0};
    if (gnutls_alpn_get_selected_protocol(tls->session, &protocol) != 0) protocol = (gnutls_datum_t){NULL, 0};
    return protocol;
}

void cmesh_tls_wipe(gnutls_datum_t *datum) {
    if (datum->data != NULL) explicit_bzero(datum->data, datum->size);
    gnutls_free(datum->data);
    *datum = (gnutls_datum_t){NULL, 0};
}
