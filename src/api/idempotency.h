/* idempotency.h - the Idempotency-Key header (DECISIONS 11) */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "base/digest.h"

#include <stddef.h>

struct body_faults;
struct request;

#define IDEMPOTENCY_KEY_MAX 255

/* The key of a request, or NULL; one that is not 1-255 printable ASCII is a fault. */
const char *idempotency_key(const struct request *req, struct body_faults *faults);

/*
 * What "the same body" means: SHA-256 over the orchestration's id, a NUL and the bytes of
 * the body as they came.
 */
char *idempotency_digest(const char *orchestration_id, const char *body, size_t len,
			 char hex[DIGEST_HEX_SIZE]);

#endif
