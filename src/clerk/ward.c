/*
 * ward.c - one queue in the lead's care
 *
 * Redis may lose anything at any time; the lineage tells. It is raised each second, in
 * Redis first, then in Postgres. Redis has lost writes when it has none, a lower one than
 * is known, or one of another server; then nothing is claimed until a recovery is over:
 *
 *	ASK        what Postgres remembers
 *	WATCH      each second: raise; every 30 s: recount; new rows 10 s after they
 *		   became ready: reconcile; before that: early.c
 *	NUMBER     the recovery gets its number, from Postgres
 *	CLOSE      the number goes to Redis, the lineage is gone: claims are refused
 *	WAIT       every worker that is online attaches what it works on
 *		   (worker/reattach.c); 5 s at most
 *	PUSH       rows without an entry get one (reconcile.c), all of them
 *	COUNT      counters are derived
 *	OPEN       its pause is told, the lineage is written
 *
 * One call is under way at a time, but for a reconcile pass in WATCH. What fails leads
 * back to ASK, a second later: a lineage that is gone makes the next recovery begin
 * there. Every step may be done twice and by two leads: numbers only grow, pushes are
 * idempotent, and a recovery that is not the newest any more opens nothing.
 *
 * Behind a recovery all rows are looked at again when every heartbeat key that was lost
 * would be back, and once more a minute later: who held a run and died, or left, while
 * nobody could tell is known then. All rows are looked at once an hour, too.
 */
#include "clerk/ward.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "child/stores.h"
#include "clerk/attached.h"
#include "clerk/due.h"
#include "clerk/early.h"
#include "clerk/pause.h"
#include "clerk/reconcile.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "queue/queue.h"
#include "queue/queue_lineage.h"
#include "queue/queue_recount.h"
#include "queue/queue_recovery.h"
#include "store/store_lineages.h"

#include <string.h>

#define WATCH_S        1.
#define STEP_S         0.1            /* between two looks at who has attached */
#define SHOW_MS        500            /* how often a pass tells Postgres how far it is */
#define ATTACH_MS      5000           /* workers have so long */
#define READY_MS       EARLY_UNTIL_MS /* a row without an entry after so long has lost it */
#define RECONCILE_MS   1000 /* between two looks at rows that have just become that old */
#define HOUR_MS        3600000
#define SECOND_LOOK_MS 60000
#define RECOUNT_MS     30000
#define RECOUNT_READ   QUEUE_BATCH_MAX

enum ward_state {
	WARD_ASK,
	WARD_WATCH,
	WARD_NUMBER,
	WARD_CLOSE,
	WARD_WAIT,
	WARD_PUSH,
	WARD_COUNT,
	WARD_OPEN,
};

struct ward {
	const struct ward_means *means;
	struct queue *queue;
	ev_timer timer;
	bool leads;
	enum ward_state state;
	bool calling;
	int statement;
	int64_t known;          /* the highest number that the lineage had */
	int64_t recovery;       /* number of the recovery under way, or the newest */
	int64_t asked;          /* rebuilds that are to be done */
	int64_t answered;       /* rebuilds that this recovery is for */
	bool fresh;             /* Postgres knew of no lineage: nothing was lost */
	int64_t began_mono_ms;  /* the recovery */
	int64_t shown_mono_ms;  /* its progress */
	int64_t opened_mono_ms; /* 0: not in this lead's time */
	struct attached attached;
	int64_t pushed;
	int64_t drift;
	struct pause pause;
	struct due due;
	struct early early;
	struct reconcile *pass;
	struct reconcile_place place; /* WATCH: all before it has been looked at */
	bool pass_everything;         /* the pass under way began at the beginning */
	int64_t pass_mono_ms;         /* when the last one ended */
	int64_t everything_mono_ms;   /* when the next of all rows is due */
	int looks_left;               /* of those behind a recovery */
	int64_t recount_mono_ms;      /* when the next recount is due */
};

static void step(struct ward *ward);

/* ---- turns ---- */

static void turn_in(struct ward *ward, double wait_s)
{
	ev_timer_stop(ward->means->loop, &ward->timer);
	ev_timer_set(&ward->timer, wait_s, 0.);
	ev_timer_start(ward->means->loop, &ward->timer);
}

static void go(struct ward *ward, enum ward_state state)
{
	ward->state = state;
	step(ward);
}

static void pass_stop(struct ward *ward)
{
	reconcile_stop(ward->pass);
	ward->pass = NULL;
}

static void passes_stop(struct ward *ward)
{
	due_stop(&ward->due);
	early_stop(&ward->early);
	pass_stop(ward);
}

/* Something did not work: from the beginning, a second later. */
static void fail(struct ward *ward, const char *act, const char *why)
{
	log_warn("queue.care_failed", LOG_S("queue", queue_name(ward->queue)),
		 LOG_S("act", act), LOG_S("error", why));
	passes_stop(ward);
	ward->state = WARD_ASK;
	turn_in(ward, WATCH_S);
}

/* The answer to a call is here. false: nobody wants it any more, or it was none. */
static bool answered(struct ward *ward, int rc, const char *act, const struct err *err)
{
	ward->calling = false;
	if (rc == ERR_CLOSED || !ward->leads)
		return false;
	if (rc < 0) {
		fail(ward, act, err->text);
		return false;
	}
	return true;
}

static void submit(struct ward *ward, struct pg_batch *batch, pg_done_cb cb)
{
	ward->calling = true;
	if (pg_pool_submit(ward->means->stores->pool, batch, 0, cb, ward) < 0) {
		ward->calling = false;
		fail(ward, "submit", "Postgres' queue is full");
	}
}

static void sent(struct ward *ward, int rc, const char *act, const struct err *err)
{
	ward->calling = rc == 0;
	if (rc < 0)
		fail(ward, act, err->text);
}

/* ---- ASK ---- */

static void learn(struct ward *ward, const struct store_lineage *row)
{
	if (row->n > ward->known)
		ward->known = row->n;
	if (row->recovering > ward->recovery)
		ward->recovery = row->recovering;
	ward->asked = row->rebuilds_asked > row->rebuilds_done ? row->rebuilds_asked : 0;
	pause_learn(&ward->pause, row->pause_n, row->paused_reason);
}

static void on_asked(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct ward *ward = arg;
	struct store_lineage row;

	if (!answered(ward, reply ? 0 : outcome->err.code, "ask", &outcome->err))
		return;
	if (store_lineages_read(reply, ward->statement, &row))
		learn(ward, &row);
	ward->fresh = ward->known == 0;
	go(ward, WARD_WATCH);
}

static void ask(struct ward *ward)
{
	struct pg_batch *batch = pg_batch_new();

	ward->statement = store_lineages_raise(batch, queue_name(ward->queue), 0, "");
	submit(ward, batch, on_asked);
}

/* ---- WATCH: reconcile ---- */

static void on_passed(void *arg, const struct reconcile_place *place)
{
	struct ward *ward = arg;
	int64_t now = clock_mono_ms();

	if (ward->pass_everything)
		ward->everything_mono_ms =
			now + (ward->looks_left > 0 ? SECOND_LOOK_MS : HOUR_MS);
	if (ward->pass_everything && ward->looks_left > 0)
		ward->looks_left--;
	ward->place = *place;
	ward->pass_mono_ms = now;
	pass_stop(ward);
}

static void pass_start(struct ward *ward, bool everything, int64_t ready_for_ms,
		       void (*done)(void *arg, const struct reconcile_place *place))
{
	const struct conf *conf = ward->means->env->conf;
	int64_t now = clock_mono_ms();
	struct reconcile_ask ask = {
		.loop = ward->means->loop,
		.pool = ward->means->stores->pool,
		.queue = ward->queue,
		.score = ward->means->env->score,
		.ready_for_ms = ready_for_ms,
		.old_ms = conf->queue.heartbeat_ttl_ms,
		.formers_are_dead =
			ward->opened_mono_ms &&
			now - ward->opened_mono_ms > conf->queue.heartbeat_ttl_ms,
		.done = done,
		.arg = ward,
	};

	if (!everything)
		ask.from = ward->place;
	ward->pass_everything = everything;
	ward->pass = reconcile_start(&ask);
}

static void maybe_reconcile(struct ward *ward)
{
	int64_t now = clock_mono_ms();
	bool everything = now >= ward->everything_mono_ms;

	if (!ward->pass && (everything || now - ward->pass_mono_ms >= RECONCILE_MS))
		pass_start(ward, everything, READY_MS, on_passed);
}

/* ---- WATCH: recount ---- */

static void on_recounted(void *arg, int rc, const struct queue_recounted *found,
			 const struct err *err)
{
	struct ward *ward = arg;
	int again_rc;
	struct err again_err;

	if (!answered(ward, rc, "recount", err))
		return;
	if (!found->drift || found->whole) {
		if (found->drift) {
			score_add(ward->means->env->score, SCORE_DRIFT, found->drift);
			log_warn("queue.drift", LOG_S("queue", queue_name(ward->queue)),
				 LOG_N("counters", found->drift),
				 LOG_N("entries", found->read));
			/* whoever lost a counter may have lost entries as well */
			ward->everything_mono_ms = 0;
		}
		turn_in(ward, WATCH_S);
		return;
	}
	/* the sums are wrong: read everything and mend it */
	again_rc = queue_recount(ward->queue, 0, on_recounted, ward, &again_err);
	sent(ward, again_rc, "recount", &again_err);
}

/* ---- WATCH: raise ---- */

static void recovery_begin(struct ward *ward, const char *why)
{
	passes_stop(ward);
	ward->began_mono_ms = clock_mono_ms();
	ward->pushed = 0;
	if (ward->fresh)
		log_info("queue.new", LOG_S("queue", queue_name(ward->queue)));
	else
		log_warn("queue.recovering", LOG_S("queue", queue_name(ward->queue)),
			 LOG_S("why", why), LOG_N("known", ward->known));
	score_add(ward->means->env->score, SCORE_RECOVERIES, 1);
	go(ward, WARD_NUMBER);
}

static void on_remembered(void *arg, const struct pg_outcome *outcome,
			  const struct pg_reply *reply)
{
	struct ward *ward = arg;
	struct store_lineage row;
	struct err err;
	int rc;

	if (!answered(ward, reply ? 0 : outcome->err.code, "remember", &outcome->err))
		return;
	if (store_lineages_read(reply, ward->statement, &row))
		learn(ward, &row);
	if (ward->asked) {
		recovery_begin(ward, "somebody asked for a rebuild");
		return;
	}
	maybe_reconcile(ward);
	pause_bring(&ward->pause);
	due_look(&ward->due);
	early_look(&ward->early);
	if (clock_mono_ms() < ward->recount_mono_ms) {
		turn_in(ward, WATCH_S);
		return;
	}
	pause_forget(&ward->pause);
	ward->recount_mono_ms = clock_mono_ms() + RECOUNT_MS;
	rc = queue_recount(ward->queue, RECOUNT_READ, on_recounted, ward, &err);
	sent(ward, rc, "recount", &err);
}

static const char *why_lost(enum queue_lost lost)
{
	switch (lost) {
	case QUEUE_LOST_NOTHING:
		break;
	case QUEUE_LOST_LINEAGE:
		return "Redis has no lineage";
	case QUEUE_LOST_TAIL:
		return "the lineage in Redis fell back";
	case QUEUE_LOST_SERVER:
		return "the lineage in Redis is another server's";
	}
	return "";
}

static void remember(struct ward *ward)
{
	struct pg_batch *batch = pg_batch_new();

	ward->statement = store_lineages_raise(
		batch, queue_name(ward->queue), ward->known,
		redis_link_server(ward->means->stores->link)->run_id);
	submit(ward, batch, on_remembered);
}

static void on_raised(void *arg, int rc, int64_t n, enum queue_lost lost,
		      const struct err *err)
{
	struct ward *ward = arg;

	if (!answered(ward, rc, "raise", err))
		return;
	if (lost != QUEUE_LOST_NOTHING) {
		recovery_begin(ward, why_lost(lost));
		return;
	}
	ward->fresh = false;
	ward->known = n;
	FAULT("lineage.raised");
	remember(ward);
}

static void watch(struct ward *ward)
{
	struct err err;
	int rc = queue_raise(ward->queue, ward->known, on_raised, ward, &err);

	sent(ward, rc, "raise", &err);
}

/* ---- NUMBER, CLOSE ---- */

static void on_numbered(void *arg, const struct pg_outcome *outcome,
			const struct pg_reply *reply)
{
	struct ward *ward = arg;
	struct store_lineage row;

	if (!answered(ward, reply ? 0 : outcome->err.code, "number", &outcome->err))
		return;
	if (!store_lineages_read(reply, ward->statement, &row)) {
		ward->state = WARD_ASK; /* the row is gone: make it */
		turn_in(ward, STEP_S);
		return;
	}
	learn(ward, &row);
	ward->answered = row.rebuilds_asked;
	FAULT("recovery.numbered");
	go(ward, WARD_CLOSE);
}

static void number(struct ward *ward)
{
	struct pg_batch *batch = pg_batch_new();

	ward->statement = store_lineages_recover(batch, queue_name(ward->queue));
	submit(ward, batch, on_numbered);
}

static void on_closed(void *arg, int rc, int64_t recovery, const struct err *err)
{
	struct ward *ward = arg;

	if (!answered(ward, rc, "recover", err))
		return;
	ward->recovery = recovery;
	FAULT("recovery.closed");
	go(ward, WARD_WAIT);
}

static void close_claims(struct ward *ward)
{
	struct err err;
	int rc = queue_recover(ward->queue, ward->recovery, on_closed, ward, &err);

	sent(ward, rc, "recover", &err);
}

/* ---- WAIT ---- */

static void on_attached(void *arg, int rc, int64_t waits, const struct err *err)
{
	struct ward *ward = arg;
	bool late;

	if (!answered(ward, rc, "attached", err))
		return;
	late = clock_mono_ms() - ward->began_mono_ms >= ATTACH_MS;
	if (waits && !late) {
		turn_in(ward, STEP_S);
		return;
	}
	if (waits)
		log_warn("queue.not_all_attached",
			 LOG_S("queue", queue_name(ward->queue)),
			 LOG_N("workers", waits));
	go(ward, WARD_PUSH);
}

static void wait_for_workers(struct ward *ward)
{
	struct err err;
	int rc = attached_ask(&ward->attached, ward->recovery,
			      ward->means->env->conf->queue.heartbeat_ttl_ms, &err);

	sent(ward, rc, "attached", &err);
}

/* ---- PUSH ---- */

static void on_shown(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	(void)arg;
	if (!reply && outcome->err.code != ERR_CLOSED)
		log_warn("queue.state_not_shown", LOG_S("error", outcome->err.text));
}

/* For whoever waits for a rebuild. */
static void show(struct ward *ward, const char *state, bool done)
{
	struct pg_batch *batch = pg_batch_new();

	ward->shown_mono_ms = clock_mono_ms();
	(void)store_lineages_state(batch, queue_name(ward->queue), ward->recovery, state,
				   ward->pushed, done ? ward->answered : 0);
	if (pg_pool_submit(ward->means->stores->pool, batch, 0, on_shown, NULL) < 0)
		log_warn("queue.state_not_shown",
			 LOG_S("error", "Postgres' queue is full"));
}

static void on_all_passed(void *arg, const struct reconcile_place *place)
{
	struct ward *ward = arg;

	(void)place;
	ward->pushed = reconcile_pushed(ward->pass);
	pass_stop(ward);
	FAULT("recovery.pushed");
	go(ward, WARD_COUNT);
}

static void push(struct ward *ward)
{
	if (!ward->pass) {
		show(ward, "pushing", false);
		pass_start(ward, true, 0, on_all_passed);
	} else if (clock_mono_ms() - ward->shown_mono_ms >= SHOW_MS) {
		ward->pushed = reconcile_pushed(ward->pass);
		show(ward, "pushing", false);
	}
	if (ward->state == WARD_PUSH)
		turn_in(ward, STEP_S);
}

/* ---- COUNT, OPEN ---- */

static void on_counted(void *arg, int rc, const struct queue_recounted *found,
		       const struct err *err)
{
	struct ward *ward = arg;

	if (!answered(ward, rc, "recount", err))
		return;
	ward->drift = found->drift;
	FAULT("recovery.counted");
	go(ward, WARD_OPEN);
}

static void count(struct ward *ward)
{
	struct err err;
	int rc = queue_recount(ward->queue, 0, on_counted, ward, &err);

	sent(ward, rc, "recount", &err);
}

static void on_opened(void *arg, int rc, struct queue_text lineage, bool changed,
		      const struct err *err)
{
	struct ward *ward = arg;
	int64_t now = clock_mono_ms();
	char text[80] = "";

	(void)changed;
	if (!answered(ward, rc, "open", err))
		return;
	if (!lineage.len) { /* somebody else's recovery is newer */
		ward->state = WARD_ASK;
		turn_in(ward, WATCH_S);
		return;
	}
	FAULT("recovery.opened");
	memcpy(text, lineage.data,
	       lineage.len < sizeof(text) - 1 ? lineage.len : sizeof(text) - 1);
	log_info("queue.opened", LOG_S("queue", queue_name(ward->queue)),
		 LOG_S("lineage", text), LOG_N("recovery", ward->recovery),
		 LOG_N("pushed", ward->pushed), LOG_N("counters", ward->drift),
		 LOG_N("took_ms", now - ward->began_mono_ms));
	show(ward, "open", true);
	ward->opened_mono_ms = now;
	ward->looks_left = ward->fresh ? 0 : 1;
	ward->everything_mono_ms =
		now + ward->means->env->conf->queue.heartbeat_ttl_ms * 3 / 2;
	ward->recount_mono_ms = now + RECOUNT_MS;
	ward->pass_mono_ms = now;
	ward->place = (struct reconcile_place){ 0 };
	ward->fresh = false;
	go(ward, WARD_WATCH);
}

static void reopen(struct ward *ward)
{
	struct err err;
	int rc = queue_lineage_reopen(ward->queue, ward->known, ward->recovery, on_opened,
				      ward, &err);

	sent(ward, rc, "open", &err);
}

static void on_paused(void *arg, int rc, bool newest, const struct err *err)
{
	struct ward *ward = arg;

	(void)newest;
	if (answered(ward, rc, "pause", err))
		reopen(ward);
}

/* What is paused must not be claimed from for a moment. */
static void open_claims(struct ward *ward)
{
	struct err err;
	int rc = pause_ensure(&ward->pause, on_paused, ward, &err);

	if (rc > 0)
		reopen(ward);
	else
		sent(ward, rc, "pause", &err);
}

/* ---- */

static void step(struct ward *ward)
{
	if (!ward->leads || ward->calling)
		return;
	if (!stores_redis_up(ward->means->stores) || !stores_pg_up(ward->means->stores)) {
		passes_stop(ward);
		ward->state = WARD_ASK; /* ward_stores_changed() goes on */
		return;
	}
	switch (ward->state) {
	case WARD_ASK:
		ask(ward);
		return;
	case WARD_WATCH:
		watch(ward);
		return;
	case WARD_NUMBER:
		number(ward);
		return;
	case WARD_CLOSE:
		close_claims(ward);
		return;
	case WARD_WAIT:
		wait_for_workers(ward);
		return;
	case WARD_PUSH:
		push(ward);
		return;
	case WARD_COUNT:
		count(ward);
		return;
	case WARD_OPEN:
		open_claims(ward);
		return;
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	step(w->data);
}

void ward_lead(struct ward *ward, bool leads)
{
	if (ward->leads == leads)
		return;
	ward->leads = leads;
	ward->state = WARD_ASK;
	ward->known = 0;
	ward->opened_mono_ms = 0;
	ward->everything_mono_ms = 0; /* a new lead looks at everything once */
	ward->recount_mono_ms = 0;
	ward->looks_left = 0;
	passes_stop(ward);
	if (leads)
		turn_in(ward, 0.);
	else
		ev_timer_stop(ward->means->loop, &ward->timer);
}

void ward_stores_changed(struct ward *ward)
{
	if (ward->leads)
		turn_in(ward, 0.);
}

int ward_new(const struct ward_means *means, const char *queue, struct ward **ret,
	     struct err *err)
{
	struct ward *ward = mem_new(struct ward);
	int rc = queue_new(means->stores->link, means->stores->scripts, queue, NULL,
			   &ward->queue, err);

	if (rc < 0) {
		mem_free(ward);
		return rc;
	}
	ward->means = means;
	ward->pause.queue = ward->queue;
	ward->attached = (struct attached){
		.pool = means->stores->pool,
		.queue = ward->queue,
		.cb = on_attached,
		.arg = ward,
	};
	due_init(&ward->due, means, ward->queue);
	early_init(&ward->early, means, ward->queue);
	ev_timer_init(&ward->timer, on_timer, 0., 0.);
	ward->timer.data = ward;
	*ret = ward;
	return 0;
}

void ward_free(struct ward *ward)
{
	if (!ward)
		return;
	ev_timer_stop(ward->means->loop, &ward->timer);
	passes_stop(ward);
	queue_free(ward->queue);
	mem_free(ward);
}

const char *ward_name(const struct ward *ward)
{
	return queue_name(ward->queue);
}
