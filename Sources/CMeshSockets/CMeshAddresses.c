#define _GNU_SOURCE 1
#include "CMeshAddresses.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int cmesh_addresses_ask(int descriptor) {
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg body;
    } question;
    memset(&question, 0, sizeof question);
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = RTM_GETADDR;
    question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    question.body.ifa_family = AF_UNSPEC;
    return send(descriptor, &question, sizeof question, 0) < 0 ? -errno : 0;
}

int cmesh_addresses_open(void) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return -errno;
    struct sockaddr_nl name = {.nl_family = AF_NETLINK};
    name.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    int status = bind(descriptor, (struct sockaddr *)&name, sizeof name) == 0 ? 0 : -errno;
    if (status == 0) status = cmesh_addresses_ask(descriptor);
    if (status == 0) return descriptor;
    close(descriptor);
    return status;
}

long cmesh_addresses_receive(int descriptor, void *buffer, size_t capacity) {
    struct sockaddr_nl sender;
    socklen_t length = sizeof sender;
    ssize_t count = recvfrom(descriptor, buffer, capacity, 0, (struct sockaddr *)&sender, &length);
    if (count < 0) return -errno;
    return sender.nl_pid == 0 ? count : 0; /* any process may send to the port */
}

static bool read_address(const struct nlmsghdr *header, cmesh_address_change *change) {
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg))) return false;
    const struct ifaddrmsg *body = NLMSG_DATA(header);
    uint32_t flags = body->ifa_flags;
    change->family = body->ifa_family;
    change->link = body->ifa_index;
    int left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof *body));
    bool has_local = false;
    for (const struct rtattr *attribute = IFA_RTA(body); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        size_t count = RTA_PAYLOAD(attribute);
        /* On a link between two IFA_ADDRESS is the other's; else there may be no IFA_LOCAL. */
        if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !has_local)) {
            has_local = attribute->rta_type == IFA_LOCAL;
            memcpy(change->bytes, RTA_DATA(attribute), count < 16 ? count : 16);
        } else if (attribute->rta_type == IFA_FLAGS && count >= sizeof flags) {
            memcpy(&flags, RTA_DATA(attribute), sizeof flags);
        }
    }
    change->is_usable = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0 || (flags & IFA_F_OPTIMISTIC) != 0;
    change->is_known = (header->nlmsg_flags & NLM_F_MULTI) != 0;
    change->kind = header->nlmsg_type == RTM_NEWADDR ? cmesh_address_present : cmesh_address_gone;
    return true;
}

/* The kernel's own notes for its addresses, and what it remembers of single peers, are no changes of a route. */
static bool read_route(const struct nlmsghdr *header, cmesh_address_change *change) {
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg))) return false;
    const struct rtmsg *body = NLMSG_DATA(header);
    if (body->rtm_table == RT_TABLE_LOCAL || (body->rtm_flags & RTM_F_CLONED) != 0) return false;
    change->kind = cmesh_route_changed;
    return true;
}

bool cmesh_addresses_next(const void *buffer, size_t count, size_t *offset, cmesh_address_change *change) {
    while (*offset + sizeof(struct nlmsghdr) <= count) {
        const struct nlmsghdr *header = (const struct nlmsghdr *)((const char *)buffer + *offset);
        if (header->nlmsg_len < sizeof *header || header->nlmsg_len > count - *offset) break;
        *offset += NLMSG_ALIGN(header->nlmsg_len);
        memset(change, 0, sizeof *change);
        switch (header->nlmsg_type) {
        case RTM_NEWADDR:
        case RTM_DELADDR:
            if (read_address(header, change)) return true;
            break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            if (read_route(header, change)) return true;
            break;
        default: break;
        }
    }
    return false;
}
