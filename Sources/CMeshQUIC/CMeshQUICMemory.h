#ifndef CMESH_QUIC_MEMORY_H
#define CMESH_QUIC_MEMORY_H

#include <ngtcp2/ngtcp2.h>

/* Where ngtcp2 gets its memory from; NULL for the C library's own. */
const ngtcp2_mem *cmesh_quic_memory(void);

#endif
