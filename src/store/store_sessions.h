/* store_sessions.h - table page_sessions: who is signed in to the page */
#ifndef STORE_STORE_SESSIONS_H
#define STORE_STORE_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. Hashes are SHA-256 as 64 hex
 * digits. */

struct store_session {
	bool good;
	const char *key_name;   /* NULL: opened without a key */
	const char *tenant_id;  /* NULL: any tenant */
	const char *expires_at; /* NULL unless good */
	int64_t age_sec;
	bool keys; /* there are active keys */
};

/* key_hash NULL: without a key, which is refused when there is one. */
int store_sessions_open(struct pg_batch *batch, const char *token_hash,
			const char *key_hash, int64_t seconds);
/* false: refused, there is no such session. */
bool store_sessions_read(const struct pg_reply *reply, int statement,
			 struct store_session *ret);
/* Read with store_sessions_read(), which is true then. */
int store_sessions_get(struct pg_batch *batch, const char *token_hash);
int store_sessions_rotate(struct pg_batch *batch, const char *old_hash,
			  const char *new_hash);
int store_sessions_end(struct pg_batch *batch, const char *token_hash);

#endif
