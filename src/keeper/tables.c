/*
 * tables.c - the schema is what this program expects before a keeper does anything
 *
 * A host may start before its Postgres does, or while a standby is not promoted yet. The
 * other children wait for that in their loops; this one has none yet, so it waits here:
 * it says so on the scoreboard, shows a pulse, and hears a drain. What comes over the
 * socket before a child is ready is a drain or a wish for its log, never an obituary.
 */
#include "keeper/tables.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/frame.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "store/store_schema.h"

#include <poll.h>
#include <signal.h>

#define WAIT_MIN_MS 100
#define WAIT_MAX_MS 1000
#define SAID_MS     30000 /* one line in so long */
#define HINT        "if the tables are large: synapsed db migrate takes its time"

static bool terminated(void)
{
	sigset_t pending;

	/* SIGTERM is blocked until there is a lifeline */
	return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1;
}

/* What the master says meanwhile. -1: nothing that ends the wait, else an exit code. */
static int hear(const struct child_env *env)
{
	struct frame frame;
	struct err err = { .code = 0 };
	int rc;

	while ((rc = frame_recv(env->master_fd, &frame, &err)) > 0) {
		if (frame.type == FRAME_DRAIN)
			return EXIT_CODE_OK;
		if (frame.type == FRAME_REOPEN && log_reopen(&err) < 0)
			log_error("log.not_reopened", LOG_S("error", err.text));
	}
	if (rc < 0 && rc != ERR_PROTO)
		return EXIT_CODE_CHILD_LOST_MASTER;
	return terminated() ? EXIT_CODE_OK : -1;
}

static int wait_ms(const struct child_env *env, int64_t ms)
{
	struct pollfd pfd = { .fd = env->master_fd, .events = POLLIN };

	atomic_store_explicit(&env->score->pulse_mono_ms, clock_mono_ms(),
			      memory_order_relaxed);
	/* an error of poll is one of the socket: hear() says which */
	(void)poll(&pfd, 1, (int)ms);
	return hear(env);
}

int tables_bring(const struct child_env *env)
{
	const struct conf *conf = env->conf;
	const struct store_schema_options options = {
		.url = conf->postgres.url,
		.keep_stock_indexes = conf->db.stock_indexes == CONF_STOCK_INDEXES_KEEP,
	};
	struct backoff backoff;
	struct rng rng;
	struct err err;
	int64_t said_mono_ms = 0;
	int rc, code = -1;

	backoff_init(&backoff, WAIT_MIN_MS, WAIT_MAX_MS);
	rng_seed(&rng, rng_u64());
	while (code < 0 && (rc = store_schema_migrate(&options, &err)) == ERR_CONN) {
		score_set(env->score, SCORE_STORES_WAITED, 2);
		if (!said_mono_ms || clock_mono_ms() - said_mono_ms >= SAID_MS) {
			said_mono_ms = clock_mono_ms();
			log_warn("schema.waits", LOG_S("error", err.text));
		}
		code = wait_ms(env, backoff_next(&backoff, &rng));
	}
	score_set(env->score, SCORE_STORES_WAITED, 0);
	if (code >= 0)
		return code;
	if (rc < 0) {
		log_error("schema.not_migrated", LOG_S("error", err.text),
			  LOG_S("hint", rc == ERR_TIMEOUT ? HINT : ""));
		return EXIT_CODE_CHILD_SERVER;
	}
	if (rc > 0)
		log_info("schema.migrated", LOG_N("migrations", rc));
	return -1;
}
