/*
 * home_queue.c - which queue a tenant is pinned to at first use
 *
 * Highest random weight: the name whose SHA-256 together with the tenant's id is the
 * largest. Postgres keeps what the first submission found (tenants.queue), so a later
 * change of the list moves nobody who has been here.
 */
#include "api/home_queue.h"

#include "base/digest.h"
#include "base/str.h"

#include <string.h>

const char *home_queue(const char *tenant_id, const char *const *names, size_t count)
{
	char best_hex[DIGEST_HEX_SIZE] = "";
	const char *best = NULL;
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < count; i++) {
		char hex[DIGEST_HEX_SIZE];
		size_t len = strlen(names[i]);

		if (len == 0 || names[i][len - 1] == '*')
			continue;
		str_reset(&text, 1024);
		str_add(&text, names[i], len + 1); /* with its NUL: a clear border */
		str_add_text(&text, tenant_id);
		(void)digest_sha256(text.data, text.len, hex);
		if (!best || strcmp(hex, best_hex) > 0) {
			best = names[i];
			memcpy(best_hex, hex, sizeof(hex));
		}
	}
	str_deinit(&text);
	return best;
}
