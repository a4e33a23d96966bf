/*
 * cli_redis.c - noun redis: rebuild
 *
 * The verb touches Redis itself in no way: it leaves a wish in Postgres, which the lead
 * clerk finds within a second, and looks there how far the lead is. So it works from any
 * host that reaches Postgres, and what it asks for is what happens after lost writes.
 */
#include "cli/cli_nouns.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_list.h"
#include "cli/store_call.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_leases.h"
#include "store/store_lineages.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CALL_MS       5000
#define LOOK_MS       300
#define TIMEOUT_MS    120000
#define TIMEOUT_MAX   86400000
#define QUEUE_MAX_LEN 64
#define STATE_MAX_LEN 31
#define LEASE         "clerk" /* clerk.c */

struct wish {
	char queue[QUEUE_MAX_LEN + 1];
	char state[STATE_MAX_LEN + 1]; /* as shown last */
	int64_t asked;
	int64_t pushed;
	bool done;
};

struct rebuild {
	const struct cli_args *args;
	const struct conf *conf;
	struct wish *wishes; /* owned */
	size_t count;
	bool led; /* somebody leads */
	int at_list;
	int at_lease;
};

static void read_wishes(void *arg, const struct pg_reply *reply)
{
	struct rebuild *rebuild = arg;
	int n = pg_reply_rows(reply, 0), i;

	rebuild->wishes = mem_new_n(struct wish, (size_t)n);
	rebuild->count = (size_t)n;
	for (i = 0; i < n; i++) {
		struct wish *wish = &rebuild->wishes[i];

		(void)snprintf(wish->queue, sizeof(wish->queue), "%s",
			       pg_reply_text(reply, 0, i, 0));
		wish->asked = pg_reply_int(reply, 0, i, 1);
	}
}

static void tell(const struct rebuild *rebuild, const struct wish *wish)
{
	if (!rebuild->args->json)
		(void)fprintf(stderr, "%s: %s, %lld entries made\n", wish->queue,
			      wish->state, (long long)wish->pushed);
}

static void look_at(struct rebuild *rebuild, const struct store_lineage_row *row)
{
	size_t i;

	for (i = 0; i < rebuild->count; i++) {
		struct wish *wish = &rebuild->wishes[i];
		bool changed;

		if (wish->done || strcmp(wish->queue, row->queue) != 0)
			continue;
		wish->done = row->lineage.rebuilds_done >= wish->asked;
		/* before the lead has seen the wish, what is there is of the last time */
		if (!wish->done && strcmp(row->state, "open") == 0)
			continue;
		changed = strcmp(wish->state, row->state) != 0 ||
			  wish->pushed != row->pushed;
		(void)snprintf(wish->state, sizeof(wish->state), "%s", row->state);
		wish->pushed = row->pushed;
		if (changed)
			tell(rebuild, wish);
	}
}

static void read_progress(void *arg, const struct pg_reply *reply)
{
	struct rebuild *rebuild = arg;
	struct store_lineage_row row;
	struct store_lease lease;
	int n = store_lineages_list_count(reply, rebuild->at_list), i;

	for (i = 0; i < n; i++) {
		store_lineages_list_read(reply, rebuild->at_list, i, &row);
		look_at(rebuild, &row);
	}
	rebuild->led = store_leases_get_read(reply, rebuild->at_lease, &lease) &&
		       lease.left_ms > 0;
}

static bool all_done(const struct rebuild *rebuild)
{
	size_t i;

	for (i = 0; i < rebuild->count; i++)
		if (!rebuild->wishes[i].done)
			return false;
	return true;
}

static void pause_ms(int64_t ms)
{
	const struct timespec span = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&span, NULL); /* cut short: the next look comes earlier */
}

static int wait_for(struct rebuild *rebuild, int64_t timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms;
	struct err err;
	int rc;

	for (;;) {
		struct pg_batch *batch = pg_batch_new();

		rebuild->at_list = store_lineages_list(batch);
		rebuild->at_lease = store_leases_get(batch, LEASE);
		rc = store_call(rebuild->conf, batch, CALL_MS, read_progress, rebuild,
				&err);
		if (rc < 0)
			return cli_args_fail(rebuild->args, store_call_exit_code(rc),
					     "%s", err.text);
		if (all_done(rebuild))
			return EXIT_CODE_OK;
		if (clock_mono_ms() >= until)
			return cli_args_fail(
				rebuild->args, EXIT_CODE_FAILED,
				"it is asked for, and not done after %lld s: %s",
				(long long)timeout_ms / 1000,
				rebuild->led ? "the lead clerk is still at it"
					     : "no clerk leads; is a daemon with the "
					       "role keeper running?");
		pause_ms(LOOK_MS);
	}
}

static int print(const struct rebuild *rebuild)
{
	static const struct cli_list_column columns[] = {
		{ .head = "QUEUE", .member = "queue" },
		{ .head = "PUSHED", .member = "pushed", .kind = CLI_LIST_INT },
		{ .head = NULL },
	};
	static const struct cli_list queues = { .columns = columns };
	struct str out = STR_INIT;
	struct jsonw w;
	size_t i;
	int code;

	jsonw_init(&w, &out);
	jsonw_array(&w);
	for (i = 0; i < rebuild->count; i++) {
		jsonw_object(&w);
		jsonw_pair_text(&w, "queue", rebuild->wishes[i].queue);
		jsonw_pair_int(&w, "pushed", rebuild->wishes[i].pushed);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	code = cli_list_show(rebuild->args, &out, &queues);
	str_deinit(&out);
	return code;
}

static int ask(struct rebuild *rebuild, int64_t timeout_ms)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;
	int rc;

	(void)store_lineages_ask(batch);
	rc = store_call(rebuild->conf, batch, CALL_MS, read_wishes, rebuild, &err);
	if (rc < 0)
		return cli_args_fail(rebuild->args, store_call_exit_code(rc), "%s",
				     err.text);
	if (!rebuild->count)
		return cli_args_fail(rebuild->args, EXIT_CODE_NOT_FOUND,
				     "no clerk has ever seen a queue; is a daemon with "
				     "the role keeper running?");
	return wait_for(rebuild, timeout_ms);
}

static int rebuild(const struct cli_args *args)
{
	struct rebuild all = { .args = args };
	struct conf *conf = NULL;
	int64_t timeout_ms;
	int code;

	if (!cli_args_ms(args, "timeout", 1000, TIMEOUT_MAX, TIMEOUT_MS, &timeout_ms))
		return EXIT_CODE_USAGE;
	code = cli_conf_load(args, true, &conf);
	if (code)
		return code;
	all.conf = conf;
	code = ask(&all, timeout_ms);
	if (code == EXIT_CODE_OK)
		code = print(&all);
	mem_free(all.wishes);
	conf_free(conf);
	return code;
}

/* clang-format off */
static const struct cli_option rebuild_options[] = {
	{ 0, "timeout", "TIME", "wait so long for its end (120s)" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "rebuild", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, rebuild_options,
	  "make again in Redis what Postgres says",
	  "The lead clerk closes the queues for claims, has every worker tell what it works\n"
	  "on, makes entries for runs that have none, derives the counters and opens the\n"
	  "queues again. Nothing is deleted. Exit status 1: not done in time.\n", rebuild },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_redis_noun = { "redis", "the queues in Redis", verbs };
