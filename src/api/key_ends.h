/* key_ends.h - keys that have ended in Postgres end in the host's own file as well */
#ifndef API_KEY_ENDS_H
#define API_KEY_ENDS_H

struct ev_loop;
struct key_ends;
struct pg_pool;

/* Of one API child of a host. All are borrowed for its life. */
struct key_ends *key_ends_new(struct ev_loop *loop, struct pg_pool *pool,
			      const char *data_dir);
/* Its pool has been freed before, so that no answer is under way. NULL is fine. */
void key_ends_free(struct key_ends *ends);

#endif
