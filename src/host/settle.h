/* settle.h - publish what the journal of a run has and its stream lacks */
#ifndef HOST_SETTLE_H
#define HOST_SETTLE_H

struct ev_loop;
struct pg_pool;
struct publisher;
struct redis_link;
struct settle;

/* All is borrowed until the settle is done or freed. */
struct settle_options {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct redis_link *link;
	struct publisher *publisher;
	const char *run_id;
	/* Everything is in the stream; free it. From the loop, once. */
	void (*done)(void *arg, struct settle *settle);
	void *arg;
};

/*
 * For a run that nobody executes (ended, parked, another wake): its claimer publishes in
 * the name of the owner that did not come to it. Both stores are asked until they answer.
 */
struct settle *settle_new(const struct settle_options *options);
/* At any time; NULL is fine. */
void settle_free(struct settle *settle);

#endif
