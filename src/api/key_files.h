/* key_files.h - the API keys of a host without Postgres behind auth */
#ifndef API_KEY_FILES_H
#define API_KEY_FILES_H

#include "base/err.h"

#include <stdbool.h>

struct auth;
struct ev_loop;
struct key_files;
struct session_files;

/* Keys are those of data_dir/api_keys.json (CONTRACT 1.2). */
struct key_files *key_files_new(struct ev_loop *loop, const char *data_dir);
void key_files_free(struct key_files *keys);

/*
 * Is there an active key with this hash, or a session of the page whose token has it and
 * whose key is active? Texts are in *ret_id ("": a session without a key, or the hash "",
 * while there is none) and *ret_tenant (NULL: any tenant), the caller's (mem_free).
 */
bool key_files_find(struct key_files *keys, const char *hash, char **ret_id,
		    char **ret_tenant);
/* The same of a key alone, with its name. */
bool key_files_named(struct key_files *keys, const char *key_hash, char **ret_name,
		     char **ret_tenant);
/* This process has written the file: who asks next is told what it says now. */
void key_files_changed(struct key_files *keys);
/* Is any active? */
bool key_files_any(struct key_files *keys);
/* The sessions that these keys opened; borrowed, as long as the keys live. */
struct session_files *key_files_sessions(struct key_files *keys);
/* Borrowed; lives as long as the keys. */
struct auth *key_files_auth(struct key_files *keys);

/*
 * On a host where there is no such file: make it, with one key, which is written to
 * data_dir/api-key for its owner alone. 1: made; 0: there is one. ERR_SYS.
 */
int key_files_first(const char *data_dir, struct err *err);

#endif
