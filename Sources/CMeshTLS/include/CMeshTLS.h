/* GnuTLS for streams. */
#ifndef CMESH_TLS_H
#define CMESH_TLS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#endif
