/*
 * GnuTLS for the server's side of streams: sessions that read and write a descriptor which never blocks.
 *
 * GnuTLS asks for the five bytes of a record's head, then for its body, and again to learn that no more is there. Here
 * one call of the system fetches what there is into memory that the caller lends for the time of a call, and none is
 * made where the kernel is known to have nothing. What a call leaves unused of it is copied until the next one.
 *
 * Functions return what GnuTLS does: at least 0, or a negative error of its own.
 */
#ifndef CMESH_TLS_H
#define CMESH_TLS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cmesh_tls cmesh_tls;

/* What all sessions of one identity share; lent while a session is made, the credentials as long as it lives. */
typedef struct {
    gnutls_certificate_credentials_t _Nonnull credentials;
    gnutls_priority_t _Nonnull priorities;
    const gnutls_datum_t *_Nonnull protocols;
    uint32_t protocol_count;
    const gnutls_datum_t *_Nonnull ticket_key;
    uint32_t ticket_seconds;
    uint32_t handshake_bytes; /* a longer message of the handshake ends it */
} cmesh_tls_settings;

/* Memory lent to a call that may read. */
typedef struct {
    uint8_t *_Nonnull bytes;
    size_t count;
} cmesh_tls_room;

int cmesh_tls_new(cmesh_tls *_Nullable *_Nonnull tls, int descriptor, const cmesh_tls_settings *_Nonnull settings);
void cmesh_tls_free(cmesh_tls *_Nonnull tls);

/* The kernel may have something to read; behind the peer's end it is asked until it says so. */
void cmesh_tls_readable(cmesh_tls *_Nonnull tls, bool has_peer_ended);

/* Whether everything that the kernel is known to have had was handed to GnuTLS. */
bool cmesh_tls_is_drained(const cmesh_tls *_Nonnull tls);

/* Goes on with the handshake; where it fails the peer is told why, if there is room. */
int cmesh_tls_handshake(cmesh_tls *_Nonnull tls, cmesh_tls_room room);

/* Whether the peer's greeting was answered: what is left of the handshake is cheap. */
bool cmesh_tls_has_answered(const cmesh_tls *_Nonnull tls);

/* Whether it waits for room to write and not for something to read. */
bool cmesh_tls_waits_to_write(const cmesh_tls *_Nonnull tls);

long cmesh_tls_read(cmesh_tls *_Nonnull tls, void *_Nonnull bytes, size_t count, cmesh_tls_room room);

/* One record; NULL goes on with the one that found no room, and returns how many bytes it held. */
long cmesh_tls_write(cmesh_tls *_Nonnull tls, const void *_Nullable bytes, size_t count);

/* Tells the peer that nothing more will come. */
int cmesh_tls_finish(cmesh_tls *_Nonnull tls);

/* Whether the peer has ended without a word: an error that comes of it is no fault of what it said. */
bool cmesh_tls_is_at_end(const cmesh_tls *_Nonnull tls);

/* The errno that a call of the system failed with, behind GNUTLS_E_PULL_ERROR and GNUTLS_E_PUSH_ERROR. */
int cmesh_tls_system_error(const cmesh_tls *_Nonnull tls);

/* The protocol that both sides chose; without bytes where there is none. */
gnutls_datum_t cmesh_tls_protocol(const cmesh_tls *_Nonnull tls);

/* Frees what GnuTLS has allocated, after wiping it. */
void cmesh_tls_wipe(gnutls_datum_t *_Nonnull datum);

#endif
