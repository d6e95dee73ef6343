/*
 * GnuTLS's certificates, requests and keys: the library's own headers, and what of them is a macro or a variable in C.
 */
#ifndef CMESH_CERTIFICATES_H
#define CMESH_CERTIFICATES_H

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

/* A new key on a curve; the library wants the curve packed into the number of bits. */
static inline int cmesh_certificates_generate(gnutls_x509_privkey_t _Nonnull key, gnutls_pk_algorithm_t algorithm,
                                              gnutls_ecc_curve_t curve) {
    return gnutls_x509_privkey_generate(key, algorithm, GNUTLS_CURVE_TO_BITS(curve), 0);
}

/* Frees what the library has allocated, after wiping it, for it may be a key. */
static inline void cmesh_certificates_wipe(gnutls_datum_t *_Nonnull datum) {
    if (datum->data != NULL) {
        gnutls_memset(datum->data, 0, datum->size);
        gnutls_free(datum->data);
    }
    datum->data = NULL;
    datum->size = 0;
}

/*
 * The machine's clock stays out of it: times are checked by who knows what time it is. The profile refuses SHA-1 and
 * keys below 112 bits of security.
 */
static const unsigned int cmesh_certificates_verify_flags =
    GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_CRL_CHECKS |
    GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM);

#endif
