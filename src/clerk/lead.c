/*
 * lead.c - which of the fleet's clerks leads
 *
 * A row of table leases, judged by Postgres' clock: it lasts 10 s, its holder renews it
 * every 3 s, everybody else asks for it once a second. Each ask is one statement, so it
 * works through PgBouncer. The holder counts by its own monotonic clock from the moment
 * it sent the ask, less a second, so it stops before anybody else can begin unless clocks
 * run at different speeds.
 *
 *	FOLLOWS  asks each second
 *	LEADS    renews every 3 s; 9 s after the newest ask that was granted: FOLLOWS
 *	GIVES    a drain: gives it up, then `done`
 */
#include "clerk/lead.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "pg/pg_pool.h"
#include "store/store_leases.h"

#define TTL_MS    10000
#define SAFE_MS   9000
#define RENEW_MS  3000
#define ASK_S     1.
#define ANSWER_MS 3000 /* of an ask; a later one says more */

struct lead {
	struct lead_options options;
	ev_timer timer;
	bool ours;
	bool asking;
	int statement;
	int64_t sent_mono_ms;
	int64_t granted_mono_ms; /* when the newest ask that was granted was sent */
	int64_t term;
	bool warned;
	bool giving;
	void (*done)(void *arg);
	void *done_arg;
};

static void become(struct lead *lead, bool ours)
{
	if (lead->ours == ours)
		return;
	lead->ours = ours;
	log_info(ours ? "clerk.leads" : "clerk.follows", LOG_N("term", lead->term));
	lead->options.changed(lead->options.arg, ours);
}

static void on_given(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct lead *lead = arg;

	if (outcome->err.code == ERR_CLOSED)
		return;
	if (reply)
		log_info("clerk.lease_given", LOG_N("term", lead->term));
	else
		log_warn("clerk.lease_not_given", LOG_S("error", outcome->err.text));
	lead->done(lead->done_arg);
}

static void give(struct lead *lead)
{
	struct pg_batch *batch = pg_batch_new();

	(void)store_leases_give(batch, lead->options.name, lead->options.holder);
	if (pg_pool_submit(lead->options.pool, batch, ANSWER_MS, on_given, lead) < 0)
		lead->done(lead->done_arg); /* it runs out by itself */
}

static void on_asked(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct lead *lead = arg;
	bool granted;

	if (outcome->err.code == ERR_CLOSED)
		return;
	lead->asking = false;
	granted = reply && store_leases_take_read(reply, lead->statement, &lead->term);
	if (lead->giving) {
		give(lead);
		return;
	}
	if (!reply) {
		/* once an outage: without Postgres nobody leads */
		if (!lead->warned)
			log_warn("clerk.lease_unknown",
				 LOG_S("error", outcome->err.text));
		lead->warned = true;
		return; /* what was granted lasts until on_timer finds it too old */
	}
	lead->warned = false;
	if (granted)
		lead->granted_mono_ms = lead->sent_mono_ms;
	become(lead, granted);
}

static void ask(struct lead *lead, int64_t now_mono_ms)
{
	struct pg_batch *batch;

	if (lead->asking || pg_pool_links_up(lead->options.pool) == 0)
		return;
	batch = pg_batch_new();
	lead->statement = store_leases_take(batch, lead->options.name,
					    lead->options.holder, TTL_MS);
	lead->sent_mono_ms = now_mono_ms;
	if (pg_pool_submit(lead->options.pool, batch, ANSWER_MS, on_asked, lead) == 0)
		lead->asking = true;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct lead *lead = w->data;
	int64_t now = clock_mono_ms();

	(void)loop;
	(void)revents;
	if (lead->ours && now - lead->granted_mono_ms >= SAFE_MS)
		become(lead, false);
	if (!lead->ours || now - lead->granted_mono_ms >= RENEW_MS)
		ask(lead, now);
}

struct lead *lead_new(const struct lead_options *options)
{
	struct lead *lead = mem_new(struct lead);

	lead->options = *options;
	ev_timer_init(&lead->timer, on_timer, ASK_S, ASK_S);
	lead->timer.data = lead;
	ev_timer_start(options->loop, &lead->timer);
	return lead;
}

void lead_free(struct lead *lead)
{
	if (!lead)
		return;
	ev_timer_stop(lead->options.loop, &lead->timer);
	mem_free(lead);
}

bool lead_is_ours(const struct lead *lead)
{
	return lead->ours;
}

void lead_ask(struct lead *lead)
{
	if (!lead->giving)
		ask(lead, clock_mono_ms());
}

void lead_give(struct lead *lead, void (*done)(void *arg), void *arg)
{
	bool ours = lead->ours;

	ev_timer_stop(lead->options.loop, &lead->timer);
	lead->giving = true;
	lead->done = done;
	lead->done_arg = arg;
	become(lead, false);
	if (lead->asking)
		return; /* its answer gives it up */
	if (ours)
		give(lead);
	else
		done(arg);
}
