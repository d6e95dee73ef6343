/*
 * The system's resolver, asked by one thread for one question: it blocks, so the thread is no loop's.
 *
 * Functions return what they wrote, or one of the negative values below.
 */
#ifndef CMESH_NAMES_H
#define CMESH_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum {
    cmesh_names_not_found = -1,   /* no such name, or no such record */
    cmesh_names_unavailable = -2, /* nobody answered, or with an error */
    cmesh_names_address_bytes = 17,
    cmesh_names_type_srv = 33
};

/* How to ask. */
typedef struct {
    uint8_t server[4];      /* in place of the system's servers, where `server_port` is not 0 */
    uint16_t server_port;
    uint16_t attempts;      /* of each server */
    uint16_t patience_seconds; /* of the first attempt */
} cmesh_names_how;

/*
 * Writes the addresses of `host` as the system prefers them: for each one byte, 4 or 16, and 16 bytes, of which so many
 * count. Returns how many, at most `capacity`.
 */
int cmesh_names_addresses(const char *_Nonnull host, const cmesh_names_how *_Nonnull how, uint8_t *_Nonnull addresses,
                          int capacity);

/* Asks for the records of `type` of `name`, and writes the answer as it came; returns its bytes. */
int cmesh_names_records(const char *_Nonnull name, int type, const cmesh_names_how *_Nonnull how,
                        uint8_t *_Nonnull answer, int capacity);

#endif
