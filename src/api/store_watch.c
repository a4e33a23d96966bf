/*
 * store_watch.c - whether the stores that are named are there, and the mode for that
 *
 *	here     both answer. A generation that executes by itself for want of one is
 *		 replaced when they have been here for STEADY_MS: a server that is just
 *		 starting comes and goes
 *	away     one does not. After standalone.after this child says so by its gauge,
 *		 which the master shows and loads configurations with
 *		 (conf->stores_away); with mode auto it asks for a reload, and the
 *		 generation that comes executes requests itself. Only where the data
 *		 folder has orchestrations: without, it could answer nothing that we
 *		 cannot
 *
 * The links reconnect by themselves all the time; nothing here touches them. A reload
 * that is refused or withdrawn is asked for again after AGAIN_MS. One child of a host
 * acts: two could want two things at the same moment. Each says behind its refusals what
 * will come of it, by the same rules (errors_outlook).
 */
#include "api/store_watch.h"

#include "api/errors.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "child/stores.h"
#include "conf/conf.h"
#include "ipc/control_ask.h"
#include "ipc/control_frame.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#define LOOK_SEC  0.25
#define STEADY_MS 2000
#define START_MS  10000 /* at most, as long as they never were here */
#define AGAIN_MS  10000
#define RELOAD_MS 120000 /* longer than any child may take to get ready */

struct store_watch {
	struct ev_loop *loop;
	struct child_env *env;
	const struct stores *stores;
	ev_timer look;
	bool acts;               /* by the gauge and reloads; else it is a sibling's */
	bool has_definitions;    /* at the last look, while something is away */
	struct control_ask *ask; /* NULL: none is under way */
	unsigned away;           /* what is */
	unsigned said;           /* by the gauge */
	int64_t since_mono_ms;   /* when `away` became what it is */
	int64_t quiet_until_mono_ms;
};

static const char *name_of(unsigned away)
{
	switch (away) {
	case STORE_WATCH_REDIS:
		return "Redis";
	case STORE_WATCH_POSTGRES:
		return "Postgres";
	case STORE_WATCH_REDIS | STORE_WATCH_POSTGRES:
		return "Redis and Postgres";
	default:
		return "nothing";
	}
}

static void on_reloaded(void *arg, int rc, int64_t number, const struct err *err)
{
	struct store_watch *watch = arg;

	(void)number;
	watch->ask = NULL;
	if (rc == 0)
		return; /* we drain in a moment */
	watch->quiet_until_mono_ms = clock_mono_ms() + AGAIN_MS;
	log_warn("stores.not_switched", LOG_S("missing", name_of(watch->said)),
		 LOG_S("error", err->text));
}

static void ask_for_reload(struct store_watch *watch)
{
	struct err err;

	if (control_ask_start(watch->loop, watch->env->conf->run_dir, CONTROL_RELOAD, 0,
			      RELOAD_MS, on_reloaded, watch, &watch->ask, &err) == 0)
		return;
	watch->ask = NULL;
	watch->quiet_until_mono_ms = clock_mono_ms() + AGAIN_MS;
	log_warn("stores.not_switched", LOG_S("missing", name_of(watch->said)),
		 LOG_S("error", err.text));
}

/* Is there anything that a host could execute by itself? */
static bool has_definitions(const struct store_watch *watch)
{
	struct str path = STR_INIT;
	bool found;

	str_printf(&path, "%s/orchestrations.json", watch->env->conf->data_dir);
	found = access(str_text(&path), R_OK) == 0;
	str_deinit(&path);
	return found;
}

static void say(struct store_watch *watch)
{
	if (watch->said == watch->away)
		return;
	watch->said = watch->away;
	score_set(watch->env->score, SCORE_STORES_AWAY, (int64_t)watch->away);
	if (watch->away)
		log_warn("stores.away", LOG_S("missing", name_of(watch->away)));
	else
		log_info("stores.here", LOG_S("mode", "scale"));
}

/* Would the mode be another with what is away now? */
static bool wants_switch(const struct store_watch *watch)
{
	const struct conf *conf = watch->env->conf;

	if (conf->mode != CONF_MODE_AUTO)
		return false;
	if (!watch->away)
		return conf->stores_away != 0;
	return !conf->stores_away && watch->has_definitions;
}

static int64_t patience_ms(const struct store_watch *watch)
{
	int64_t after_ms = watch->env->conf->standalone.after_ms;

	if (!watch->away)
		return watch->said ? STEADY_MS : 0;
	return !watch->stores->both_said && after_ms > START_MS ? START_MS : after_ms;
}

static void look(struct store_watch *watch, int64_t now_mono_ms)
{
	unsigned away = (stores_redis_up(watch->stores) ? 0U : STORE_WATCH_REDIS) |
			(stores_pg_up(watch->stores) ? 0U : STORE_WATCH_POSTGRES);

	if (away == watch->away)
		return;
	if (!away || !watch->away)
		watch->since_mono_ms = now_mono_ms;
	watch->away = away;
	watch->has_definitions = away && has_definitions(watch);
}

/* What will come of it that a store is away. */
static bool outlook(void *arg, struct str *out, int *retry_after_sec)
{
	struct store_watch *watch = arg;
	const struct conf *conf = watch->env->conf;
	int64_t now_mono_ms = clock_mono_ms(), left_ms;
	int left_sec;

	look(watch, now_mono_ms);
	left_ms = watch->since_mono_ms + patience_ms(watch) - now_mono_ms;
	if (!watch->away)
		return false;
	str_printf(out, "%s %s not answer, ", name_of(watch->away),
		   watch->away == (STORE_WATCH_REDIS | STORE_WATCH_POSTGRES) ? "do"
									     : "does");
	if (conf->mode != CONF_MODE_AUTO) {
		str_printf(out, "and mode is %s: ask again until that changes",
			   conf->mode == CONF_MODE_SCALE ? "scale" : "standalone");
	} else if (conf->stores_away) {
		str_add_text(out,
			     "and this host executes requests itself until that changes");
	} else if (!watch->has_definitions) {
		str_add_text(out, "and this host has no orchestrations.json to execute "
				  "requests by itself: ask again until that changes");
	} else if (left_ms > 0) {
		left_sec = (int)((left_ms + 999) / 1000);
		str_printf(out,
			   "and unless that changes this host executes requests itself "
			   "in %d s (standalone.after)",
			   left_sec);
		/* a second more, for the change of mode */
		if (*retry_after_sec > left_sec + 1)
			*retry_after_sec = left_sec + 1;
	} else {
		str_add_text(out, "and this host is about to execute requests itself");
		*retry_after_sec = 1;
	}
	return true;
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct store_watch *watch = w->data;
	int64_t now_mono_ms = clock_mono_ms();

	(void)loop;
	(void)revents;
	look(watch, now_mono_ms);
	watch->has_definitions = watch->away && has_definitions(watch);
	if (!watch->acts || watch->ask ||
	    now_mono_ms - watch->since_mono_ms < patience_ms(watch))
		return;
	say(watch);
	if (wants_switch(watch) && now_mono_ms >= watch->quiet_until_mono_ms)
		ask_for_reload(watch);
}

struct store_watch *store_watch_new(struct ev_loop *loop, struct child_env *env,
				    const struct stores *stores, bool acts)
{
	struct store_watch *watch = mem_new(struct store_watch);

	watch->loop = loop;
	watch->acts = acts;
	watch->env = env;
	watch->stores = stores;
	/* as the generation before left it */
	watch->away = watch->said = env->conf->stores_away;
	if (acts)
		score_set(env->score, SCORE_STORES_AWAY, (int64_t)watch->said);
	watch->has_definitions = watch->away && has_definitions(watch);
	watch->since_mono_ms = clock_mono_ms();
	errors_set_outlook(outlook, watch);
	ev_timer_init(&watch->look, on_look, LOOK_SEC, LOOK_SEC);
	watch->look.data = watch;
	ev_timer_start(loop, &watch->look);
	return watch;
}

void store_watch_free(struct store_watch *watch)
{
	if (!watch)
		return;
	errors_set_outlook(NULL, NULL);
	ev_timer_stop(watch->loop, &watch->look);
	control_ask_abandon(watch->ask);
	mem_free(watch);
}
