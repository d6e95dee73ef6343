/*
 * The addresses and routes of this machine, as the kernel tells of their changes (rtnetlink).
 *
 * Functions return what they counted or opened, or a negative errno.
 */
#ifndef CMESH_ADDRESSES_H
#define CMESH_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    cmesh_route_changed = 1,
    cmesh_address_present = 2, /* new, changed, or known before; usable or not */
    cmesh_address_gone = 3
};

/* What one message says; bytes in network order, of IPv4 the first four. */
typedef struct {
    uint8_t bytes[16];
    uint32_t link;
    uint8_t family;
    uint8_t kind;
    bool is_usable; /* not one that is still being looked for a second owner of */
    bool is_known;  /* it answers our own question for all that there are */
} cmesh_address_change;

/* A socket that hears of changes and has asked for all addresses. */
int cmesh_addresses_open(void);

/* Asks for all addresses once more. */
int cmesh_addresses_ask(int descriptor);

/* Fetches one datagram of the kernel into `buffer`: its bytes, 0 where it is not the kernel's, or a negative errno. */
long cmesh_addresses_receive(int descriptor, void *_Nonnull buffer, size_t capacity);

/* The next message from `*offset` on that tells something; false at the end. */
bool cmesh_addresses_next(const void *_Nonnull buffer, size_t count, size_t *_Nonnull offset,
                          cmesh_address_change *_Nonnull change);

#endif
