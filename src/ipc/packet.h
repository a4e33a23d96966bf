/* packet.h - whole packets over a SOCK_SEQPACKET socket, without waiting */
#ifndef IPC_PACKET_H
#define IPC_PACKET_H

#include "base/err.h"

#include <stddef.h>

/* All len bytes as one packet: 0, ERR_FULL (the peer does not read now), ERR_SYS. */
int packet_send(int fd, const void *bytes, size_t len, struct err *err);
/*
 * The next packet into bytes: its length; 0 when there is none now; ERR_CLOSED when the
 * peer is gone and all that it said is read; ERR_SYS. One that is longer than room is cut
 * to room, so room is one byte more than what is expected.
 */
int packet_recv(int fd, void *bytes, size_t room, struct err *err);

#endif
