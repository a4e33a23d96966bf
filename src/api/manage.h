/* manage.h - the stores of scale mode, for handlers of what only that mode has */
#ifndef API_MANAGE_H
#define API_MANAGE_H

#include "api/pg_read.h"

struct api_call;
struct cancels;
struct catalog;
struct conf;
struct ev_loop;
struct redis_link;
struct redis_scripts;
struct resumes;

/* All borrowed. A port without these (standalone) has none. */
struct manage {
	struct ev_loop *loop;
	const struct conf *conf;
	struct pg_pool *pool;
	struct redis_link *link;
	const struct redis_scripts *scripts;
	struct cancels *cancels;
	struct catalog *catalog;
	struct resumes *resumes;
};

/* The port's; NULL: it has none, and the request is answered. */
const struct manage *manage_of(struct api_call *call);

/* As pg_read(); takes the batch. A port without stores: ERRORS_SCALE_ONLY. */
void manage_read(struct api_call *call, struct pg_batch *batch, pg_read_cb cb, void *arg);

#endif
