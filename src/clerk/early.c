/*
 * early.c - a run of one queue that lost its entry is found early
 *
 * Who commits a run and is to push its entry may die in between, or Redis may lose what
 * it took. The ward looks at every row that has been ready for ten seconds; a client
 * would wait for that. So each second this looks, a second after they became ready, at
 * runs that still wait and that nobody has taken.
 *
 * While workers keep up there are none but those. In a backlog there are thousands, all
 * of them with an entry, and to look at each costs Postgres as much as its end. So a look
 * is one page; when that was full and most of it had its entry, runs wait because others
 * do: the next look is ten seconds later, and what is lost in between is the ward's. The
 * oldest of a backlog, which the page has, are those that workers have in hand: some end
 * between the look at the rows and the one at Redis, and seem lost. They are pushed for
 * nothing (their takeover is refused), and say nothing about a loss.
 *
 * A look goes back to where the last one began and a second more, for commits that were
 * seen late; those that took even longer are the ward's as well.
 */
#include "clerk/early.h"

#include "base/clock.h"
#include "child/stores.h"
#include "clerk/ward.h"
#include "ipc/kind.h"
#include "queue/queue_enqueue.h"

#define READY_MS  1000
#define COMMIT_MS 1000 /* a commit is seen so much later than its moment */
#define REST_MS   EARLY_UNTIL_MS
#define MOST      (QUEUE_BATCH_MAX / 2)

void early_init(struct early *early, const struct ward_means *means, struct queue *queue)
{
	early->means = means;
	early->queue = queue;
}

static void on_passed(void *arg, const struct reconcile_place *place)
{
	struct early *early = arg;

	(void)place;
	if (reconcile_full(early->pass) && reconcile_pushed(early->pass) < MOST)
		early->rest_mono_ms = early->looked_mono_ms + REST_MS;
	reconcile_stop(early->pass);
	early->pass = NULL;
}

static int64_t until_ms(const struct early *early, int64_t now)
{
	int64_t ms = READY_MS + COMMIT_MS;

	if (early->looked_mono_ms)
		ms += now - early->looked_mono_ms;
	return ms < EARLY_UNTIL_MS ? ms : EARLY_UNTIL_MS;
}

void early_look(struct early *early)
{
	const struct ward_means *means = early->means;
	int64_t now = clock_mono_ms();
	const struct reconcile_ask ask = {
		.loop = means->loop,
		.pool = means->stores->pool,
		.queue = early->queue,
		.score = means->env->score,
		.ready_for_ms = READY_MS,
		.ready_under_ms = until_ms(early, now),
		.which = STORE_LIVE_WAITING,
		.one_page = true,
		.done = on_passed,
		.arg = early,
	};

	if (early->pass || now < early->rest_mono_ms)
		return;
	early->looked_mono_ms = now;
	early->pass = reconcile_start(&ask);
}

void early_stop(struct early *early)
{
	reconcile_stop(early->pass);
	early->pass = NULL;
	early->looked_mono_ms = 0;
	early->rest_mono_ms = 0;
}
