/* store_keys.h - table api_keys: who may call; only hashes are stored */
#ifndef STORE_STORE_KEYS_H
#define STORE_STORE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

struct store_key {
	const char *id; /* UUID */
	const char *name;
	const char *key_prefix; /* first 12 characters of the key */
	const char *tenant_id;  /* NULL: any tenant */
	const char *created_at;
	const char *last_used_at; /* NULL */
	bool is_active;
};

/* key_hash: SHA-256 of the key as 64 hex digits. */
int store_keys_create(struct pg_batch *batch, const char *id, const char *name,
		      const char *key_hash, const char *key_prefix,
		      const char *tenant_id);

/* All, oldest first; read with store_keys_read. */
int store_keys_list(struct pg_batch *batch);
/* A key of a stock file: made, or ended if it is not active. */
void store_keys_import(struct pg_batch *batch, const struct store_key *key,
		       const char *key_hash);

/* The key with this hash, active or not: one row or none. */
int store_keys_find(struct pg_batch *batch, const char *key_hash);
int store_keys_count(const struct pg_reply *reply, int statement);
void store_keys_read(const struct pg_reply *reply, int statement, int row,
		     struct store_key *ret);

/* Those of these hashes whose keys have ended; counted with store_keys_count. */
int store_keys_ended(struct pg_batch *batch, const char *const *hashes, size_t n);
const char *store_keys_ended_read(const struct pg_reply *reply, int statement, int row);

/* Revoke by id; pg_reply_affected() is 0 if no active key has it. */
int store_keys_revoke(struct pg_batch *batch, const char *id);
/* Note that keys were used (last_used_at = now): at most once a minute per key. */
int store_keys_used(struct pg_batch *batch, const char *const *ids, size_t n);

#endif
