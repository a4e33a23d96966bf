/* netrange.h - a network: an address and how many bits of it count */
#ifndef BASE_NETRANGE_H
#define BASE_NETRANGE_H

#include <stdbool.h>
#include <stdint.h>

/* An IPv4 one is kept as IPv6 mapped, and so are the addresses that it is asked about. */
struct netrange {
	uint8_t prefix[16];
	unsigned bits; /* 0..128 */
};

/* "10.1.0.0/16", "127.0.0.1", "fd00::/8"; false: it is none. */
bool netrange_parse(const char *text, struct netrange *ret);
bool netrange_has(const struct netrange *range, const uint8_t address[16]);
bool netrange_is_mapped(const uint8_t address[16]);
/* The mapped form of an IPv4 address, in network order. */
void netrange_map(const uint8_t ipv4[4], uint8_t ret[16]);

#endif
