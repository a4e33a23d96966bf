/* egress.h - where requests may go to that users of the daemon have made up */
#ifndef CLIENT_EGRESS_H
#define CLIENT_EGRESS_H

#include "base/err.h"
#include "base/netrange.h"

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

#define EGRESS_MAX 64 /* networks allowed beside the public ones */

/* Embed it zeroed: only public addresses. */
struct egress {
	struct netrange nets[EGRESS_MAX];
	size_t count;
};

/* One network more: "10.1.0.0/16", "127.0.0.1", "fd00::/8". ERR_INPUT for what is none,
 * ERR_LIMIT when there are too many. */
int egress_allow(struct egress *egress, const char *text, struct err *err);
/* Whether a connection to the address may be made. */
bool egress_allows(const struct egress *egress, const struct sockaddr *address);

#endif
