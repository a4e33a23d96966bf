/*
 * ids.c - names of runs, workers and keys, and how foreign ids go into keys
 */
#include "base/ids.h"

#include "base/rng.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define STRIDE (UINT64_C(1) << 24) /* of 2^40: 65,536 runs of a millisecond */

/*
 * Names begin alike for about a minute (2^16 ms), and again after five hours: what is
 * accepted together is together in each index of Postgres', whose pages are otherwise
 * touched all over for each run and written whole to its log after each checkpoint.
 *
 * 40 bits are left to the runs of a millisecond. They are random for the first one; those
 * of a bulk request behind it come by random strides, so that a process never gives a
 * name twice. A child that was forked meanwhile goes on with strides of its own.
 */
char *ids_run(int64_t wall_ms, char *buf)
{
	static int64_t last_ms;
	static uint64_t last;
	const uint64_t bits = rng_u64();

	last = wall_ms == last_ms ? last + 1 + bits % STRIDE : bits;
	last_ms = wall_ms;
	(void)snprintf(buf, IDS_MAX, "run_%02x%010llx_%lld",
		       (unsigned)(wall_ms >> 16 & 0xFF),
		       (unsigned long long)(last & 0xFFFFFFFFFF), (long long)wall_ms);
	return buf;
}

char *ids_incarnation(const char *row, char *buf)
{
	char hex[9];

	rng_hex(hex, 8);
	/* a row name leaves room for the suffix: conf bounds worker.name */
	(void)snprintf(buf, IDS_MAX, "%.240s.%s", row, hex);
	return buf;
}

char *ids_uuid(char *buf)
{
	unsigned char b[16];

	rng_bytes(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0F) | 0x40); /* RFC 9562: version 4 */
	b[8] = (unsigned char)((b[8] & 0x3F) | 0x80); /* and its variant */
	(void)snprintf(
		buf, IDS_MAX,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		b[12], b[13], b[14], b[15]);
	return buf;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

void ids_encode(struct str *out, const char *id)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *id; id++) {
		unsigned char c = (unsigned char)*id;

		if (is_plain(*id)) {
			str_add_char(out, *id);
			continue;
		}
		str_add_char(out, '%');
		str_add_char(out, digits[c >> 4]);
		str_add_char(out, digits[c & 15]);
	}
}

bool ids_queue_name(const char *name)
{
	size_t len;

	for (len = 0; name[len]; len++)
		if (len == 64 || !is_plain(name[len]))
			return false;
	return len > 0;
}
