/* wslay: frames and messages of WebSocket (RFC 6455), without I/O of its own. */
#ifndef CMESH_WEB_SOCKET_H
#define CMESH_WEB_SOCKET_H

#include <wslay/wslay.h>

#endif
