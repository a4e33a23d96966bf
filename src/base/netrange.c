/* netrange.c - a network: an address and how many bits of it count */
#include "base/netrange.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

void netrange_map(const uint8_t ipv4[4], uint8_t ret[16])
{
	memcpy(ret, mapped, sizeof(mapped));
	memcpy(ret + sizeof(mapped), ipv4, 4);
}

bool netrange_is_mapped(const uint8_t address[16])
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool netrange_has(const struct netrange *range, const uint8_t address[16])
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;
	unsigned mask = rest ? (0xffu << (8 - rest)) & 0xffu : 0;

	return memcmp(address, range->prefix, whole) == 0 &&
	       (!rest || ((address[whole] ^ range->prefix[whole]) & mask) == 0);
}

/* The bits behind the slash, or -1. */
static long read_bits(const char *text, long most)
{
	char *end;
	long bits;

	if (*text < '0' || *text > '9')
		return -1;
	bits = strtol(text, &end, 10);
	return *end || bits > most ? -1 : bits;
}

bool netrange_parse(const char *text, struct netrange *ret)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	long most = 128, bits;
	uint8_t ipv4[4];

	if (len == 0 || len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, ipv4) == 1) {
		netrange_map(ipv4, ret->prefix);
		most = 32;
	} else if (inet_pton(AF_INET6, address, ret->prefix) != 1) {
		return false;
	}
	bits = slash ? read_bits(slash + 1, most) : most;
	if (bits < 0)
		return false;
	ret->bits = (unsigned)(128 - most + bits);
	return true;
}
