/*
 * packet.c - whole packets over a SOCK_SEQPACKET socket, without waiting
 *
 * The socket keeps the borders: a packet is one send and one recv, and half of one does
 * not exist.
 */
#include "ipc/packet.h"

#include <errno.h>
#include <sys/socket.h>

int packet_send(int fd, const void *bytes, size_t len, struct err *err)
{
	ssize_t n;

	do {
		n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	if (n < 0 && errno == EAGAIN)
		return err_set(err, ERR_FULL, "the peer does not read");
	return err_errno(err, "send");
}

int packet_recv(int fd, void *bytes, size_t room, struct err *err)
{
	ssize_t n;

	/* a reset, told once: it left with something unread; its last words are behind */
	do {
		n = recv(fd, bytes, room, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n > 0)
		return (int)n;
	if (n == 0)
		return err_set(err, ERR_CLOSED, "the peer closed its end");
	if (errno == EAGAIN)
		return 0;
	return err_errno(err, "receive");
}
