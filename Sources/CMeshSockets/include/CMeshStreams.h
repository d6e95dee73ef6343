/*
 * TCP: listening sockets with every option set, connections accepted from them, and bytes read and written.
 *
 * What is set on a listening socket its connections inherit, so that accepting one costs one call.
 */
#ifndef CMESH_STREAMS_H
#define CMESH_STREAMS_H

#include "CMeshDatagrams.h"
#include <netinet/tcp.h>

/* How connections behave; times in seconds but where they say otherwise, all at least 1. */
typedef struct {
    bool shares_port;
    bool is_dual_stack;
    int unsent_bytes;              /* as many wait in the kernel unsent; then it says that there is no room */
    int unacknowledged_milliseconds; /* so long may sent bytes stay unacknowledged; then the connection has failed */
    int probe_after;               /* so long may a connection be silent; then the peer is asked whether it is there */
    int probe_interval;
    int probe_count;
} cmesh_stream_options;

static inline int cmesh_stream_prepare(int descriptor, bool is_ipv6, const cmesh_stream_options *_Nonnull options) {
    struct {
        int level, name, value;
    } flags[] = {
        {SOL_SOCKET, SO_REUSEADDR, 1},
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {IPPROTO_TCP, TCP_NOTSENT_LOWAT, options->unsent_bytes},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, options->unacknowledged_milliseconds},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, options->probe_after},
        {IPPROTO_TCP, TCP_KEEPINTVL, options->probe_interval},
        {IPPROTO_TCP, TCP_KEEPCNT, options->probe_count},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && status == 0; i++)
        status = cmesh_socket_flag(descriptor, flags[i].level, flags[i].name, flags[i].value);
    if (status == 0 && is_ipv6)
        status = cmesh_socket_flag(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, !options->is_dual_stack);
    if (status == 0 && options->shares_port) status = cmesh_socket_share_port(descriptor);
    return status;
}

/* A socket that listens at `address`, which becomes the address that it has. */
static inline int cmesh_stream_listen(cmesh_address *_Nonnull address, int backlog,
                                      const cmesh_stream_options *_Nonnull options) {
    int descriptor = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int status = cmesh_stream_prepare(descriptor, address->family == AF_INET6, options);
    if (status == 0) status = cmesh_socket_bind(descriptor, address);
    if (status == 0 && listen(descriptor, backlog) != 0) status = -errno;
    if (status == 0) status = cmesh_socket_local(descriptor, address);
    if (status == 0) return descriptor;
    close(descriptor);
    return status;
}

/* The next connection and whose it is; in CMeshStreams.c, for accept4. */
int cmesh_stream_accept(int descriptor, cmesh_address *_Nonnull remote);

/* How many bytes came; 0 at the end of what the peer sends. */
static inline long cmesh_stream_read(int descriptor, void *_Nonnull bytes, size_t count) {
    ssize_t got;
    do got = recv(descriptor, bytes, count, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* How many bytes the kernel took; no signal where nobody reads any more. */
static inline long cmesh_stream_write(int descriptor, const void *_Nonnull bytes, size_t count) {
    ssize_t taken;
    do taken = send(descriptor, bytes, count, MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

/* The error that waits in the socket, which is taken off it; 0 where none does. */
static inline int cmesh_stream_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* Closes so that the peer hears of an error, and what was not sent is dropped. */
static inline void cmesh_stream_abort(int descriptor) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(descriptor);
}

#endif
