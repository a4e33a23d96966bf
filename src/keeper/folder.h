/* folder.h - definitions in the data folder: changes are noticed, and synced if wanted */
#ifndef KEEPER_FOLDER_H
#define KEEPER_FOLDER_H

struct child_env;
struct ev_loop;
struct folder;
struct pg_pool;

/* All borrowed for its life. Starts at once. */
struct folder *folder_new(struct ev_loop *loop, const struct child_env *env,
			  struct pg_pool *pool);
/* Its pool has been freed before, so that no answer is under way. NULL is fine. */
void folder_free(struct folder *folder);

#endif
