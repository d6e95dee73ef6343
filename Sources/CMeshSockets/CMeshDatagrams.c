/* Batches of datagrams; see CMeshSockets.c for why they are not in the header. */
#define _GNU_SOURCE 1
#include "CMeshDatagrams.h"

enum { RECEIVE_CONTROL_BYTES = 192, SEND_CONTROL_BYTES = 96 };

static void read_control(struct msghdr *header, cmesh_received *received) {
    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item != NULL; item = CMSG_NXTHDR(header, item)) {
        const uint8_t *data = CMSG_DATA(item);
        if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, data, sizeof size);
            received->segment_size = size > 0 ? (uint32_t)size : 0;
        } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_TOS) {
            received->congestion = *data & 3;
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_TCLASS) {
            int traffic_class;
            memcpy(&traffic_class, data, sizeof traffic_class);
            received->congestion = (uint8_t)(traffic_class & 3);
        } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, data, sizeof info);
            received->local.family = AF_INET;
            memcpy(received->local.bytes, &info.ipi_spec_dst, 4); /* for a broadcast, ours and not the group's */
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, data, sizeof info);
            received->local.family = AF_INET6;
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) received->local.scope = (uint32_t)info.ipi6_ifindex;
            memcpy(received->local.bytes, &info.ipi6_addr, 16);
        }
    }
}

int cmesh_receive(int descriptor, cmesh_receive_batch *batch) {
    struct mmsghdr headers[cmesh_messages_per_receive];
    struct iovec vectors[cmesh_messages_per_receive];
    struct sockaddr_in6 names[cmesh_messages_per_receive];
    _Alignas(8) uint8_t control[cmesh_messages_per_receive][RECEIVE_CONTROL_BYTES];
    uint32_t capacity = batch->capacity < cmesh_messages_per_receive ? batch->capacity : cmesh_messages_per_receive;
    for (uint32_t i = 0; i < capacity; i++) {
        vectors[i] = (struct iovec){batch->bytes + (size_t)i * batch->room, batch->room};
        headers[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i],
            .msg_namelen = sizeof names[i],
            .msg_iov = &vectors[i],
            .msg_iovlen = 1,
            .msg_control = control[i],
            .msg_controllen = sizeof control[i],
        };
    }
    int count = recvmmsg(descriptor, headers, capacity, MSG_DONTWAIT, NULL);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        cmesh_received *received = &batch->received[i];
        memset(received, 0, sizeof *received);
        received->count = headers[i].msg_len;
        received->is_truncated = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        cmesh_address_read(&received->remote, &names[i]);
        read_control(&headers[i].msg_hdr, received);
    }
    return count;
}

static void *add_control(struct msghdr *header, int level, int type, size_t count) {
    struct cmsghdr *item = (struct cmsghdr *)((uint8_t *)header->msg_control + header->msg_controllen);
    item->cmsg_level = level;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(count);
    header->msg_controllen += CMSG_SPACE(count);
    return CMSG_DATA(item);
}

static bool reaches_over_ipv4(const cmesh_address *address) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return address->family == AF_INET || memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static void write_control(struct msghdr *header, const cmesh_outgoing *outgoing) {
    bool is_ipv4 = reaches_over_ipv4(&outgoing->remote);
    if (outgoing->congestion != 0) {
        int value = outgoing->congestion;
        int level = is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6, type = is_ipv4 ? IP_TOS : IPV6_TCLASS;
        memcpy(add_control(header, level, type, sizeof value), &value, sizeof value);
    }
    if (outgoing->local.family != 0 && is_ipv4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, outgoing->local.bytes + (outgoing->local.family == AF_INET ? 0 : 12), 4);
        memcpy(add_control(header, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
    } else if (outgoing->local.family == AF_INET6) {
        struct in6_pktinfo info = {0};
        info.ipi6_ifindex = (unsigned int)outgoing->local.scope;
        memcpy(&info.ipi6_addr, outgoing->local.bytes, 16);
        memcpy(add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, sizeof info), &info, sizeof info);
    }
    if (outgoing->segment_size != 0) {
        uint16_t size = (uint16_t)outgoing->segment_size;
        memcpy(add_control(header, IPPROTO_UDP, UDP_SEGMENT, sizeof size), &size, sizeof size);
    }
}

int cmesh_send(int descriptor, const cmesh_outgoing *outgoing, int count) {
    struct mmsghdr headers[cmesh_messages_per_send];
    struct iovec vectors[cmesh_messages_per_send];
    struct sockaddr_in6 names[cmesh_messages_per_send];
    _Alignas(8) uint8_t control[cmesh_messages_per_send][SEND_CONTROL_BYTES];
    if (count > cmesh_messages_per_send) count = cmesh_messages_per_send;
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &headers[i].msg_hdr;
        vectors[i] = (struct iovec){(void *)outgoing[i].bytes, outgoing[i].count};
        memset(control[i], 0, sizeof control[i]);
        *header = (struct msghdr){
            .msg_name = &names[i],
            .msg_namelen = cmesh_address_write(&outgoing[i].remote, &names[i]),
            .msg_iov = &vectors[i],
            .msg_iovlen = 1,
            .msg_control = control[i],
        };
        write_control(header, &outgoing[i]);
        if (header->msg_controllen == 0) header->msg_control = NULL;
    }
    int sent = sendmmsg(descriptor, headers, (unsigned int)count, MSG_DONTWAIT);
    return sent < 0 ? -errno : sent;
}
