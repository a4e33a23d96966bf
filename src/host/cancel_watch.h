/* cancel_watch.h - the stock cancel keys of the runs that a worker holds */
#ifndef HOST_CANCEL_WATCH_H
#define HOST_CANCEL_WATCH_H

struct cancel_watch;
struct ev_loop;
struct list;
struct redis_link;

/* The key of this run is set. From the loop. The run may be gone meanwhile. */
typedef void (*cancel_watch_cb)(void *arg, const char *run_id);

/*
 * For keys that stock API servers set: all runs of `all` (struct held, in_all) are asked
 * for twice a second, 500 a command. Borrowed for its life; nothing is done while the
 * list is empty.
 */
struct cancel_watch *cancel_watch_new(struct ev_loop *loop, struct redis_link *link,
				      const struct list *all, cancel_watch_cb seen,
				      void *arg);
/* Answers that are on their way are dropped. NULL is fine. */
void cancel_watch_free(struct cancel_watch *watch);

/* A run came in: watch. */
void cancel_watch_want(struct cancel_watch *watch);

#endif
