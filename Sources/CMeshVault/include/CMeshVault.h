/*
 * GnuTLS's authenticated ciphers and its random numbers: the library's own headers.
 */
#ifndef CMESH_VAULT_H
#define CMESH_VAULT_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#endif
