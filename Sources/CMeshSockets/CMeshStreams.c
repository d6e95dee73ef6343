/* accept4; see CMeshSockets.c for why it is not in the header. */
#define _GNU_SOURCE 1
#include "CMeshStreams.h"

int cmesh_stream_accept(int descriptor, cmesh_address *remote) {
    struct sockaddr_in6 name;
    memset(&name, 0, sizeof name);
    socklen_t length = sizeof name;
    int accepted = accept4(descriptor, (struct sockaddr *)&name, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return -errno;
    cmesh_address_read(remote, &name);
    return accepted;
}
