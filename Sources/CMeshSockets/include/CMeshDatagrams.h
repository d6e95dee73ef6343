/*
 * UDP: sockets with every option set, and batches of datagrams with their control messages read and written.
 *
 * An IPv4 peer of an IPv6 socket has a mapped address (::ffff:a.b.c.d) here; Swift maps and unmaps.
 */
#ifndef CMESH_DATAGRAMS_H
#define CMESH_DATAGRAMS_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Linux has both since 4.18 and 5.0; the C library's header may be older. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum { cmesh_messages_per_receive = 32, cmesh_messages_per_send = 64 };

/* An address of either family; `family` is 0 where there is none. Bytes in network order; IPv4 has the first four. */
typedef struct {
    uint8_t bytes[16];
    uint32_t scope;
    uint16_t port;
    uint16_t family;
} cmesh_address;

typedef struct {
    uint32_t count;
    uint32_t segment_size; /* 0 where the kernel joined nothing */
    cmesh_address remote;
    cmesh_address local; /* without a port */
    uint8_t congestion;  /* the two bits of ECN */
    bool is_truncated;
} cmesh_received;

/* Memory of Swift, for `capacity` messages of `room` bytes, of which there are at most cmesh_messages_per_receive. */
typedef struct {
    uint8_t *_Nonnull bytes;
    cmesh_received *_Nonnull received;
    uint32_t capacity;
    uint32_t room;
} cmesh_receive_batch;

typedef struct {
    const uint8_t *_Nullable bytes;
    uint32_t count;
    uint32_t segment_size; /* 0: one datagram */
    cmesh_address remote;
    cmesh_address local; /* family 0: as bound */
    uint8_t congestion;
} cmesh_outgoing;

static inline socklen_t cmesh_address_write(const cmesh_address *_Nonnull address, struct sockaddr_in6 *_Nonnull name) {
    memset(name, 0, sizeof *name);
    if (address->family == AF_INET) {
        struct sockaddr_in *name4 = (struct sockaddr_in *)name;
        name4->sin_family = AF_INET;
        name4->sin_port = htons(address->port);
        memcpy(&name4->sin_addr, address->bytes, 4);
        return sizeof *name4;
    }
    name->sin6_family = AF_INET6;
    name->sin6_port = htons(address->port);
    name->sin6_scope_id = address->scope;
    memcpy(&name->sin6_addr, address->bytes, 16);
    return sizeof *name;
}

static inline void cmesh_address_read(cmesh_address *_Nonnull address, const struct sockaddr_in6 *_Nonnull name) {
    memset(address, 0, sizeof *address);
    address->family = name->sin6_family;
    if (name->sin6_family == AF_INET) {
        const struct sockaddr_in *name4 = (const struct sockaddr_in *)name;
        address->port = ntohs(name4->sin_port);
        memcpy(address->bytes, &name4->sin_addr, 4);
    } else {
        address->port = ntohs(name->sin6_port);
        address->scope = name->sin6_scope_id;
        memcpy(address->bytes, &name->sin6_addr, 16);
    }
}

static inline int cmesh_socket_flag(int descriptor, int level, int name, int value) {
    return setsockopt(descriptor, level, name, &value, sizeof value) == 0 ? 0 : -errno;
}

/* What every socket needs; the IPv4 options count for an IPv6 socket too, for its mapped peers. */
static inline int cmesh_udp_prepare(int descriptor, bool is_ipv6, bool is_dual_stack) {
    int status = 0;
    if (is_ipv6) {
        if ((status = cmesh_socket_flag(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, !is_dual_stack)) != 0) return status;
        if ((status = cmesh_socket_flag(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)) != 0) return status;
        if ((status = cmesh_socket_flag(descriptor, IPPROTO_IPV6, IPV6_RECVTCLASS, 1)) != 0) return status;
        status = cmesh_socket_flag(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
        if (status != 0 || !is_dual_stack) return status;
    }
    if (!is_ipv6 && (status = cmesh_socket_flag(descriptor, IPPROTO_IP, IP_PKTINFO, 1)) != 0) return status;
    if ((status = cmesh_socket_flag(descriptor, IPPROTO_IP, IP_RECVTOS, 1)) != 0) return status;
    return cmesh_socket_flag(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
}

static inline int cmesh_udp_open(bool is_ipv6, bool is_dual_stack) {
    int descriptor = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int status = cmesh_udp_prepare(descriptor, is_ipv6, is_dual_stack);
    if (status == 0) return descriptor;
    close(descriptor);
    return status;
}

static inline int cmesh_socket_bind(int descriptor, const cmesh_address *_Nonnull address) {
    struct sockaddr_in6 name;
    socklen_t length = cmesh_address_write(address, &name);
    return bind(descriptor, (struct sockaddr *)&name, length) == 0 ? 0 : -errno;
}

static inline int cmesh_socket_local(int descriptor, cmesh_address *_Nonnull address) {
    struct sockaddr_in6 name;
    memset(&name, 0, sizeof name);
    socklen_t length = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0) return -errno;
    cmesh_address_read(address, &name);
    return 0;
}

static inline int cmesh_socket_share_port(int descriptor) {
    return cmesh_socket_flag(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
}

static inline int cmesh_udp_set_join(int descriptor) { return cmesh_socket_flag(descriptor, IPPROTO_UDP, UDP_GRO, 1); }

/* Whether the kernel cuts trains; whether a device can is only known when one is sent. */
static inline bool cmesh_udp_can_segment(int descriptor) {
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(descriptor, IPPROTO_UDP, UDP_SEGMENT, &value, &length) == 0;
}

/* Asks for a buffer and says what is granted, in the bytes of payload that were asked for. */
static inline int cmesh_udp_set_buffer(int descriptor, bool is_receive, int bytes) {
    int name = is_receive ? SO_RCVBUF : SO_SNDBUF, granted = 0;
    socklen_t length = sizeof granted;
    if (bytes > 0) (void)setsockopt(descriptor, SOL_SOCKET, name, &bytes, sizeof bytes);
    return getsockopt(descriptor, SOL_SOCKET, name, &granted, &length) == 0 ? granted / 2 : -errno;
}

/* Datagrams that the kernel dropped because nobody fetched them in time. */
static inline uint32_t cmesh_udp_overflows(int descriptor) {
    uint32_t values[16] = {0};
    socklen_t length = sizeof values;
    return getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, values, &length) == 0 ? values[8] : 0;
}

/* Fetches what is there, at most `capacity` messages; returns how many. */
int cmesh_receive(int descriptor, cmesh_receive_batch *_Nonnull batch);

/* Sends at most cmesh_messages_per_send of `outgoing` in one call; returns how many went. */
int cmesh_send(int descriptor, const cmesh_outgoing *_Nonnull outgoing, int count);

#endif
