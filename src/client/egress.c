/*
 * egress.c - where requests may go to that users of the daemon have made up
 *
 * A tool's URL comes from whoever writes definitions, and parts of it from a model: it
 * shall not reach what stands around the daemon (its own stores, a cloud's metadata
 * service, the neighbours in a private network) unless the operator says so. Judged is
 * the address that is connected to, not the name: a name may have any address, and
 * another one a moment later.
 *
 * Not public: this host, private and shared ranges, link-local, multicast, reserved and
 * documentation networks; of IPv6 all but 2000::/3 less what is special in it. Addresses
 * that carry an IPv4 address inside (mapped, 6to4, NAT64, Teredo) are refused as well.
 */
#include "client/egress.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static const char *const special[] = {
	"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
	"169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",   "2001::/23",
	"2001:db8::/32",  "2002::/16",      "3fff::/20",
};

int egress_allow(struct egress *egress, const char *text, struct err *err)
{
	struct netrange net;

	if (!netrange_parse(text, &net))
		return err_set(err, ERR_INPUT, "'%.50s' is no network", text);
	if (egress->count == EGRESS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d networks", EGRESS_MAX);
	egress->nets[egress->count++] = net;
	return 0;
}

static bool is_public(const uint8_t *address)
{
	struct netrange net;
	size_t i;

	if (!netrange_is_mapped(address) && (address[0] & 0xe0) != 0x20)
		return false;
	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (netrange_parse(special[i], &net) && netrange_has(&net, address))
			return false;
	return true;
}

bool egress_allows(const struct egress *egress, const struct sockaddr *address)
{
	uint8_t bytes[16];
	size_t i;

	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		netrange_map((const uint8_t *)&in.sin_addr, bytes);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		memcpy(bytes, &in6.sin6_addr, 16);
	} else {
		return false;
	}
	for (i = 0; i < egress->count; i++)
		if (netrange_has(&egress->nets[i], bytes))
			return true;
	return is_public(bytes);
}
