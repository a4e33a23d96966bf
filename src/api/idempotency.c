/*
 * idempotency.c - the Idempotency-Key header
 *
 * The key names a submission within its tenant for 24 h; Postgres decides who was first
 * (store_runs.h). The orchestration is part of what is compared, since it stands in the
 * path and not in the body.
 */
#include "api/idempotency.h"

#include "api/body.h"
#include "base/str.h"
#include "server/request.h"

#include <string.h>

const char *idempotency_key(const struct request *req, struct body_faults *faults)
{
	struct body_at header = { NULL, "header", 0 };
	struct body_at here = { &header, "Idempotency-Key", 0 };
	size_t count = request_header_count(req, "Idempotency-Key");
	const char *key;
	const char *p;

	if (count == 0)
		return NULL;
	key = request_header(req, "Idempotency-Key");
	if (count > 1) {
		body_fault(faults, &here, "header_repeated",
			   "Header should be there once");
		return NULL;
	}
	if (!key || !*key || strlen(key) > IDEMPOTENCY_KEY_MAX) {
		body_fault(faults, &here, "string_length",
			   "Key should have 1 to 255 characters");
		return NULL;
	}
	for (p = key; *p; p++) {
		if (*p >= ' ' && *p <= '~')
			continue;
		body_fault(faults, &here, "string_pattern_mismatch",
			   "Key should be printable ASCII");
		return NULL;
	}
	return key;
}

char *idempotency_digest(const char *orchestration_id, const char *body, size_t len,
			 char hex[DIGEST_HEX_SIZE])
{
	struct str text = STR_INIT;

	str_add(&text, orchestration_id, strlen(orchestration_id) + 1);
	str_add(&text, body, len);
	(void)digest_sha256(text.data, text.len, hex);
	str_deinit(&text);
	return hex;
}
