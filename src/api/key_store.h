/* key_store.h - the API keys of Postgres behind auth */
#ifndef API_KEY_STORE_H
#define API_KEY_STORE_H

struct auth;
struct ev_loop;
struct key_files;
struct key_store;
struct pg_pool;

/* All are borrowed for its life. files: keys of this host, for what Postgres does not
 * know or cannot be asked; NULL: none. */
struct key_store *key_store_new(struct ev_loop *loop, struct pg_pool *pool,
				struct key_files *files);
/* Its pool has been freed before, so that no answer is under way. */
void key_store_free(struct key_store *store);
/* Borrowed; lives as long as the store. */
struct auth *key_store_auth(struct key_store *store);

#endif
