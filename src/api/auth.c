/*
 * auth.c - API keys
 *
 * A key is looked up by the SHA-256 of its text, the only form in which it is stored. The
 * look-up is Postgres'; what it said is remembered (memo.c): a good key 30 s at the most,
 * so a revoked one ends within 30 s, an unknown one 2 s. Under load a good key is asked
 * for again before its time is up and no request waits.
 *
 * A session of the page is asked about with each request: people sign out and expect to
 * be out, whichever child the next request meets, and a page makes few requests. Those
 * that wait for the same look-up share it.
 *
 * The key itself is hashed and forgotten; neither key nor hash goes to a log.
 *
 * last_used_at is noted lazily: whoever owns the connection to Postgres asks now and then
 * which keys were used, and each key is named at most once a minute.
 */
#include "api/auth.h"

#include "base/ids.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

#define KEYS_MAX     8192
#define FETCHES_MAX  256
#define FRESH_MS     10000
#define STALE_MS     30000
#define UNKNOWN_MS   2000
#define NOTE_EACH_MS 60000
#define KEY_MAX      255 /* bytes; ours have 71 */

#define SCHEME "Bearer "
#define PREFIX "sk-syn-"

struct known {
	char id[IDS_MAX];
	char tenant_id[IDS_MAX];
	bool bound; /* tenant_id counts */
	bool used;  /* since it was reported */
	bool reported;
	int64_t reported_mono_ms;
};

struct auth {
	struct memo *memo; /* hash -> struct known */
	auth_fetch fetch;
	void *ctx;
};

static int on_fetch(void *ctx, const char *key)
{
	struct auth *auth = ctx;

	return auth->fetch(auth->ctx, key);
}

static void known_free(void *value)
{
	mem_free(value);
}

struct auth *auth_new(auth_fetch fetch, void *ctx)
{
	static const struct memo_ops ops = { on_fetch, known_free };
	static const struct memo_options options = {
		.entries_max = KEYS_MAX,
		.fetches_max = FETCHES_MAX,
		.fresh_ms = FRESH_MS,
		.stale_ms = STALE_MS,
		.none_ms = UNKNOWN_MS,
	};
	struct auth *auth = mem_new(struct auth);

	auth->fetch = fetch;
	auth->ctx = ctx;
	auth->memo = memo_new(&options, &ops, auth);
	return auth;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	memo_free(auth->memo);
	mem_free(auth);
}

/* The key inside the header's value, or NULL. The scheme's case does not matter. */
static const char *key_text(const char *header)
{
	const char *key;
	size_t len;

	if (!header || strncasecmp(header, SCHEME, strlen(SCHEME)) != 0)
		return NULL;
	key = header + strlen(SCHEME);
	len = strlen(key);
	if (strncmp(key, PREFIX, strlen(PREFIX)) != 0 || len <= strlen(PREFIX) ||
	    len > KEY_MAX)
		return NULL;
	if (strspn(key + strlen(PREFIX), "0123456789abcdef") != len - strlen(PREFIX))
		return NULL;
	return key;
}

bool auth_well_formed(const char *header)
{
	return key_text(header) != NULL;
}

static void fill(struct known *known, struct auth_key *key)
{
	known->used = true;
	key->id = known->id;
	key->tenant_id = known->bound ? known->tenant_id : NULL;
}

static void on_ready(void *arg, enum memo_state state, void *value)
{
	struct auth_wait *wait = arg;
	struct auth_key key;

	switch (state) {
	case MEMO_HIT:
		fill(value, &key);
		wait->ready(wait->arg, AUTH_OK, &key);
		break;
	case MEMO_NONE:
		wait->ready(wait->arg, AUTH_BAD, NULL);
		break;
	case MEMO_FAILED:
	case MEMO_WAIT:
		wait->ready(wait->arg, AUTH_AWAY, NULL);
		break;
	}
}

/* Of wait->hash. */
static enum auth_verdict check(struct auth *auth, int64_t now_mono_ms,
			       struct auth_wait *wait, auth_cb ready, void *arg,
			       struct auth_key *key)
{
	void *value = NULL;

	wait->auth = auth;
	wait->ready = ready;
	wait->arg = arg;
	wait->wait.ready = on_ready;
	wait->wait.arg = wait;
	switch (memo_get(auth->memo, wait->hash, now_mono_ms, &wait->wait, &value)) {
	case MEMO_HIT:
		fill(value, key);
		return AUTH_OK;
	case MEMO_NONE:
		return AUTH_BAD;
	case MEMO_WAIT:
		return AUTH_WAIT;
	case MEMO_FAILED:
		break;
	}
	return AUTH_AWAY;
}

enum auth_verdict auth_check(struct auth *auth, const char *header, int64_t now_mono_ms,
			     struct auth_wait *wait, auth_cb ready, void *arg,
			     struct auth_key *key)
{
	const char *text = key_text(header);

	if (!text)
		return AUTH_MISSING;
	(void)digest_sha256(text, strlen(text), wait->hash);
	return check(auth, now_mono_ms, wait, ready, arg, key);
}

enum auth_verdict auth_check_session(struct auth *auth, const char *token,
				     int64_t now_mono_ms, struct auth_wait *wait,
				     auth_cb ready, void *arg, struct auth_key *key)
{
	memo_outdate(auth->memo, digest_sha256(token, strlen(token), wait->hash));
	return check(auth, now_mono_ms, wait, ready, arg, key);
}

enum auth_verdict auth_check_nobody(struct auth *auth, int64_t now_mono_ms,
				    struct auth_wait *wait, auth_cb ready, void *arg,
				    struct auth_key *key)
{
	wait->hash[0] = '\0';
	memo_outdate(auth->memo, wait->hash);
	return check(auth, now_mono_ms, wait, ready, arg, key);
}

bool auth_knows(struct auth *auth, const char *header, int64_t now_mono_ms)
{
	const char *text = key_text(header);
	char hash[DIGEST_HEX_SIZE];

	if (!text)
		return false;
	(void)digest_sha256(text, strlen(text), hash);
	if (memo_knows(auth->memo, hash, now_mono_ms))
		return true;
	memo_want(auth->memo, hash, now_mono_ms);
	return false;
}

bool auth_knows_session(const struct auth *auth, const char *token, int64_t now_mono_ms)
{
	char hash[DIGEST_HEX_SIZE];

	return memo_knows(auth->memo, digest_sha256(token, strlen(token), hash),
			  now_mono_ms);
}

static void copy(char *to, const char *from)
{
	size_t len = strlen(from);

	if (len >= IDS_MAX)
		len = IDS_MAX - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

void auth_found(struct auth *auth, const char *hash, int64_t now_mono_ms, const char *id,
		const char *tenant_id)
{
	const struct known *old = memo_peek(auth->memo, hash);
	struct known *known = NULL;

	if (id) {
		known = mem_new(struct known);
		if (old) /* what was noted stays noted */
			*known = *old;
		copy(known->id, id);
		known->bound = tenant_id != NULL;
		copy(known->tenant_id, tenant_id ? tenant_id : "");
	}
	memo_put(auth->memo, hash, now_mono_ms, known);
}

void auth_failed(struct auth *auth, const char *hash)
{
	memo_fail(auth->memo, hash);
}

struct used {
	int64_t now_mono_ms;
	const char **ids;
	size_t max;
	size_t count;
};

static void visit(void *arg, void *value)
{
	struct used *used = arg;
	struct known *known = value;

	if (!known->used || used->count == used->max)
		return;
	if (known->reported && used->now_mono_ms - known->reported_mono_ms < NOTE_EACH_MS)
		return;
	known->used = false;
	known->reported = true;
	known->reported_mono_ms = used->now_mono_ms;
	used->ids[used->count++] = known->id;
}

size_t auth_used(struct auth *auth, int64_t now_mono_ms, const char **ids, size_t max)
{
	struct used used = { now_mono_ms, ids, max, 0 };

	memo_each(auth->memo, visit, &used);
	return used.count;
}
