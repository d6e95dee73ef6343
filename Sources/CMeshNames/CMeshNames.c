#define _GNU_SOURCE 1
#include "CMeshNames.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* Fills a state from the system's files, as they are now, and then from `how`. */
static bool prepare(res_state state, const cmesh_names_how *how) {
    if (res_ninit(state) != 0) return false;
    state->retrans = how->patience_seconds;
    state->retry = how->attempts;
    if (how->server_port != 0) {
        struct sockaddr_in *server = &state->nsaddr_list[0];
        memset(server, 0, sizeof *server);
        server->sin_family = AF_INET;
        server->sin_port = htons(how->server_port);
        memcpy(&server->sin_addr, how->server, 4);
        state->nscount = 1;
    }
    return true;
}

static int write_addresses(const struct addrinfo *found, uint8_t *addresses, int capacity) {
    int count = 0;
    for (; found != NULL && count < capacity; found = found->ai_next) {
        uint8_t entry[cmesh_names_address_bytes] = {0};
        if (found->ai_family == AF_INET) {
            entry[0] = 4;
            memcpy(entry + 1, &((const struct sockaddr_in *)found->ai_addr)->sin_addr, 4);
        } else if (found->ai_family == AF_INET6) {
            entry[0] = 16;
            memcpy(entry + 1, &((const struct sockaddr_in6 *)found->ai_addr)->sin6_addr, 16);
        } else {
            continue;
        }
        memcpy(addresses + count * cmesh_names_address_bytes, entry, sizeof entry);
        count++;
    }
    return count;
}

int cmesh_names_addresses(const char *host, const cmesh_names_how *how, uint8_t *addresses, int capacity) {
    /* getaddrinfo asks by the state of its thread; what another question left there is closed first. A state that was
       never used is all zeros: to close it would close descriptor 0, whosever that is. */
    if (_res.options & RES_INIT) res_nclose(&_res);
    if (!prepare(&_res, how)) return cmesh_names_unavailable;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    int status = getaddrinfo(host, NULL, &hints, &found);
    int count = status == 0                                       ? write_addresses(found, addresses, capacity)
                : status == EAI_NONAME || status == EAI_NODATA    ? cmesh_names_not_found
                                                                  : cmesh_names_unavailable;
    if (status == 0) freeaddrinfo(found);
    res_nclose(&_res);
    return count == 0 ? cmesh_names_not_found : count;
}

int cmesh_names_records(const char *name, int type, const cmesh_names_how *how, uint8_t *answer, int capacity) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (!prepare(&state, how)) return cmesh_names_unavailable;
    int count = res_nquery(&state, name, ns_c_in, type, answer, capacity);
    int failure = state.res_h_errno;
    res_nclose(&state);
    if (count >= 0) return count <= capacity ? count : cmesh_names_unavailable;
    return failure == HOST_NOT_FOUND || failure == NO_DATA ? cmesh_names_not_found : cmesh_names_unavailable;
}
