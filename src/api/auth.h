/* auth.h - API keys: who calls, remembered for a moment */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/memo.h"
#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auth;

/* A key that may call. Borrowed for the callback. */
struct auth_key {
	const char *id;
	const char *tenant_id; /* NULL: any tenant */
};

enum auth_verdict {
	AUTH_OK,
	AUTH_MISSING, /* no header, or not of the form "Bearer sk-syn-..." */
	AUTH_BAD,     /* unknown or revoked */
	AUTH_AWAY,    /* could not be asked now */
	AUTH_WAIT,    /* the callback will say */
};

/* key is NULL unless the verdict is AUTH_OK. */
typedef void (*auth_cb)(void *arg, enum auth_verdict verdict, const struct auth_key *key);

/* Embed it where the waiting request is. */
struct auth_wait {
	struct memo_wait wait; /* ours */
	struct auth *auth;
	char hash[DIGEST_HEX_SIZE];
	auth_cb ready;
	void *arg;
};

/*
 * Start to look up the key with this hash (64 hex; "": nobody's, found with the id "" as
 * long as no key exists): auth_found() or auth_failed() follows, later. A negative ERR_*:
 * could not be started.
 */
typedef int (*auth_fetch)(void *ctx, const char *hash);

struct auth *auth_new(auth_fetch fetch, void *ctx);
void auth_free(struct auth *auth);

/* Can this header's value be a key at all? Needs no look-up. */
bool auth_well_formed(const char *header);
/*
 * Who sent this Authorization header (NULL: there was none)? Sets *key for AUTH_OK; with
 * AUTH_WAIT ready(arg) is called later, once.
 */
enum auth_verdict auth_check(struct auth *auth, const char *header, int64_t now_mono_ms,
			     struct auth_wait *wait, auth_cb ready, void *arg,
			     struct auth_key *key);

/* The same for the token of a session of the page (64 hex digits): never from memory. */
enum auth_verdict auth_check_session(struct auth *auth, const char *token,
				     int64_t now_mono_ms, struct auth_wait *wait,
				     auth_cb ready, void *arg, struct auth_key *key);

/* May one call who has no key, since none exists? Never from memory. */
enum auth_verdict auth_check_nobody(struct auth *auth, int64_t now_mono_ms,
				    struct auth_wait *wait, auth_cb ready, void *arg,
				    struct auth_key *key);

/*
 * Was the key, or the session, of this text good the last time, 30 s ago at the most?
 * Never waits. A key of which that is not known is looked up meanwhile.
 */
bool auth_knows(struct auth *auth, const char *header, int64_t now_mono_ms);
bool auth_knows_session(const struct auth *auth, const char *token, int64_t now_mono_ms);

/* The answer to a fetch; id NULL: no active key has that hash. Texts are copied. */
void auth_found(struct auth *auth, const char *hash, int64_t now_mono_ms, const char *id,
		const char *tenant_id);
void auth_failed(struct auth *auth, const char *hash);

/*
 * The ids of keys that were used since they were last reported, each at most once a
 * minute. Up to max; borrowed until the next call into auth.
 */
size_t auth_used(struct auth *auth, int64_t now_mono_ms, const char **ids, size_t max);

#endif
