/* stock_keys.h - keys of the stock file of the data folder become the fleet's */
#ifndef KEEPER_STOCK_KEYS_H
#define KEEPER_STOCK_KEYS_H

struct child_env;
struct ev_loop;
struct pg_pool;
struct stock_keys;

/* All borrowed for its life. Starts at once. */
struct stock_keys *stock_keys_new(struct ev_loop *loop, const struct child_env *env,
				  struct pg_pool *pool);
/* Its pool has been freed before, so that no answer is under way. NULL is fine. */
void stock_keys_free(struct stock_keys *keys);

#endif
