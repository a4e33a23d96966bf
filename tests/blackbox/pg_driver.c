/*
 * pg_driver.c - pg/ as a program: commands on standard input, what happens on output
 *
 *   pg_driver <url> <connections> <deadline ms>
 *
 * Lines that arrive in one write are handled in one turn of the loop. test_pg_link.py and
 * test_pg_group.py drive it against a real server, proxies that cut, and peers that lie.
 *
 *   sql <id> <deadline ms> <text>[ ;; <text>]...   a batch without parameters
 *   group <rows> <flights> <unit deadline ms>      start grouped commits into table g
 *   unit <id> <run> <value>                        one row of g: (run, seq = id, value)
 *   withdraw <id>
 *   counters, pool, freegroup, freepool, quit
 */
#include "base/embed.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "pg/pg_group.h"
#include "pg/pg_pool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct unit {
	struct pg_unit unit;
	int64_t id;
	int64_t value;
	char run[32];
	char key[24];
};

static struct ev_loop *loop;
static struct pg_pool *pool;
static struct pg_group *group;
static struct pg_watch watch;
static struct map units;
static struct map texts; /* of embeds: one per text, as the program's own are */
static struct str input;
static int commits;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	(void)fflush(stdout);
}

/* ---- batches ---- */

static const struct embed *text_of(const char *text)
{
	struct embed *embed = map_get(&texts, text, strlen(text));
	struct str name = STR_INIT;

	if (embed)
		return embed;
	embed = mem_new(struct embed);
	str_printf(&name, "t%zu", texts.count);
	embed->name = str_take(&name);
	embed->text = mem_dup(text);
	embed->len = strlen(text);
	(void)map_put(&texts, embed->text, embed->len, embed);
	return embed;
}

static void on_done(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	char *id = arg;
	const char *cell = "-";
	int rows = -1;

	if (reply) {
		rows = pg_reply_rows(reply, 0);
		if (rows > 0)
			cell = pg_reply_text(reply, 0, 0, 0);
	}
	say("done %s %s %s %s %d %s %d %s | %s", id, pg_fate_name(outcome->fate),
	    pg_state_class_name(outcome->cls),
	    *outcome->sqlstate ? outcome->sqlstate : "-", outcome->statement,
	    outcome->err.code ? err_name(outcome->err.code) : "-", rows,
	    cell ? cell : "null", outcome->err.text);
	mem_free(id);
}

static void do_sql(char *line)
{
	char *id = strtok(line, " ");
	int64_t deadline_ms = strtoll(strtok(NULL, " "), NULL, 10);
	char *text = strtok(NULL, ""), *next;
	struct pg_batch *batch = pg_batch_new();
	char *kept = mem_dup(id);
	int rc;

	for (; text; text = next) {
		next = strstr(text, " ;; ");
		if (next) {
			*next = '\0';
			next += 4;
		}
		(void)pg_batch_add(batch, text_of(text));
	}
	rc = pg_pool_submit(pool, batch, deadline_ms, on_done, kept);
	if (rc < 0) {
		say("refused %s %s", kept, err_name(rc));
		mem_free(kept);
	}
}

/* ---- grouped commits ---- */

static void build(void *ctx, struct pg_batch *batch, struct pg_unit *const *list,
		  size_t n)
{
	pg_col run, seq, value;
	size_t i;

	(void)ctx;
	(void)pg_batch_add(batch, text_of("INSERT INTO g (run, seq, v) SELECT * FROM "
					  "unnest($1::text[], $2::int8[], $3::int8[])"));
	run = pg_batch_column(batch, PG_COL_TEXT, n);
	seq = pg_batch_column(batch, PG_COL_INT8, n);
	value = pg_batch_column(batch, PG_COL_INT8, n);
	for (i = 0; i < n; i++) {
		const struct unit *u = mem_container(list[i], struct unit, unit);

		pg_batch_put_text(batch, run, u->run, -1);
		pg_batch_put_int8(batch, seq, u->id);
		pg_batch_put_int8(batch, value, u->value);
	}
}

static void unit_free(struct unit *u)
{
	(void)map_remove(&units, u->key, strlen(u->key));
	mem_free(u);
}

static void committed(void *ctx, struct pg_unit *const *list, size_t n,
		      const struct pg_reply *reply)
{
	size_t i;

	(void)ctx;
	(void)reply;
	commits++;
	for (i = 0; i < n; i++) {
		struct unit *u = mem_container(list[i], struct unit, unit);

		say("unit %" PRId64 " committed %d", u->id, commits);
		unit_free(u);
	}
}

static void rejected(void *ctx, struct pg_unit *unit, const struct pg_outcome *outcome)
{
	struct unit *u = mem_container(unit, struct unit, unit);

	(void)ctx;
	say("unit %" PRId64 " rejected %s %s %s %s", u->id, pg_fate_name(outcome->fate),
	    pg_state_class_name(outcome->cls),
	    *outcome->sqlstate ? outcome->sqlstate : "-", err_name(outcome->err.code));
	unit_free(u);
}

static void build_check(void *ctx, struct pg_batch *batch, struct pg_unit *const *list,
			size_t n)
{
	pg_col run, seq;
	size_t i;

	(void)ctx;
	say("check %zu", n);
	(void)pg_batch_add(batch,
			   text_of("SELECT g.seq FROM unnest($1::text[], $2::int8[]) AS "
				   "i (run, seq) JOIN g USING (run, seq)"));
	run = pg_batch_column(batch, PG_COL_TEXT, n);
	seq = pg_batch_column(batch, PG_COL_INT8, n);
	for (i = 0; i < n; i++) {
		const struct unit *u = mem_container(list[i], struct unit, unit);

		pg_batch_put_text(batch, run, u->run, -1);
		pg_batch_put_int8(batch, seq, u->id);
	}
}

static void checked(void *ctx, struct pg_unit *const *list, size_t n,
		    const struct pg_reply *reply, bool *in)
{
	int rows = pg_reply_rows(reply, 0), row;
	size_t i;

	(void)ctx;
	for (i = 0; i < n; i++) {
		struct unit *u = mem_container(list[i], struct unit, unit);

		for (row = 0; row < rows && !in[i]; row++)
			in[i] = pg_reply_int(reply, 0, row, 0) == u->id;
		if (!in[i])
			continue;
		say("unit %" PRId64 " in", u->id);
		unit_free(u);
	}
}

static const char *run_of(const struct pg_unit *unit)
{
	return ((const struct unit *)(const void *)((const char *)unit -
						    offsetof(struct unit, unit)))
		->run;
}

static int order(const struct pg_unit *a, const struct pg_unit *b)
{
	return strcmp(run_of(a), run_of(b));
}

static const struct pg_group_ops ops = {
	.build = build,
	.committed = committed,
	.rejected = rejected,
	.build_check = build_check,
	.checked = checked,
	.order = order,
};

static void do_group(char *line)
{
	struct pg_group_options options = {
		.commit_rows = strtoul(strtok(line, " "), NULL, 10),
		.batch_deadline_ms = 2000,
	};

	options.flights = atoi(strtok(NULL, " "));
	options.unit_deadline_ms = strtoll(strtok(NULL, " "), NULL, 10);
	group = pg_group_new(loop, pool, &options, &ops, NULL);
}

static void do_unit(char *line)
{
	struct unit *u = mem_new(struct unit);

	u->id = strtoll(strtok(line, " "), NULL, 10);
	(void)snprintf(u->run, sizeof(u->run), "%s", strtok(NULL, " "));
	u->value = strtoll(strtok(NULL, " "), NULL, 10);
	(void)snprintf(u->key, sizeof(u->key), "%" PRId64, u->id);
	(void)map_put(&units, u->key, strlen(u->key), u);
	pg_group_add(group, &u->unit);
}

static void do_withdraw(const char *id)
{
	struct unit *u = map_get(&units, id, strlen(id));
	bool done = u && pg_group_withdraw(group, &u->unit);

	say("withdraw %s %s", id, done ? "yes" : "no");
	if (done)
		unit_free(u);
}

/* ---- commands ---- */

static void on_changed(void *arg, bool up)
{
	(void)arg;
	say("%s", up ? "up" : "down");
}

static void free_group(void)
{
	pg_group_free(group);
	group = NULL;
}

static void free_pool(void)
{
	if (!pool)
		return;
	pg_pool_unwatch(&watch);
	pg_pool_free(pool);
	pool = NULL;
}

static void command(char *line)
{
	char *rest = strchr(line, ' ');

	if (rest)
		*rest++ = '\0';
	if (strcmp(line, "sql") == 0) {
		do_sql(rest);
	} else if (strcmp(line, "group") == 0) {
		do_group(rest);
	} else if (strcmp(line, "unit") == 0) {
		do_unit(rest);
	} else if (strcmp(line, "withdraw") == 0) {
		do_withdraw(rest);
	} else if (strcmp(line, "counters") == 0) {
		const struct pg_group_counters *c = pg_group_counters(group);

		say("counters commits %" PRIu64 " units %" PRIu64 " splits %" PRIu64
		    " retries %" PRIu64 " doubts %" PRIu64 " rejected %" PRIu64
		    " waiting %zu flying %zu",
		    c->commits, c->units, c->splits, c->retries, c->doubts, c->rejected,
		    pg_group_waiting(group), pg_group_in_flight(group));
	} else if (strcmp(line, "pool") == 0) {
		const struct pg_counters *c = pg_pool_counters(pool);

		say("pool up %d idle %d queued %zu connects %" PRIu64 " losses %" PRIu64
		    " | %s",
		    pg_pool_links_up(pool), pg_pool_links_idle(pool),
		    pg_pool_queued(pool), c->connects, c->losses,
		    pg_pool_last_error(pool)->code ? pg_pool_last_error(pool)->text : "");
	} else if (strcmp(line, "turns") == 0) {
		say("turns %u", ev_iteration(loop));
	} else if (strcmp(line, "freegroup") == 0) {
		free_group();
	} else if (strcmp(line, "freepool") == 0) {
		free_pool();
	} else if (strcmp(line, "quit") == 0) {
		ev_break(loop, EVBREAK_ALL);
	} else {
		say("what is %s", line);
	}
}

static void on_input(struct ev_loop *l, ev_io *w, int revents)
{
	char *line = NULL, *end;
	ssize_t got;

	(void)revents;
	got = read(w->fd, str_reserve(&input, 65536), 65536);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		ev_break(l, EVBREAK_ALL);
		return;
	}
	str_grew(&input, (size_t)got);
	while (input.len && (end = memchr(input.data, '\n', input.len))) {
		line = mem_dup_n(input.data, (size_t)(end - input.data));
		str_drop(&input, (size_t)(end - input.data) + 1);
		command(line);
		mem_free(line);
	}
}

static int64_t env_ms(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoll(text, NULL, 10) : 0;
}

static void free_all(struct map *map)
{
	map_for_each(slot, map)
		mem_free(slot->value);
	map_deinit(map);
}

int main(int argc, char **argv)
{
	struct pg_options options = { .application_name = "pg_driver" };
	struct err err;
	ev_io in;

	if (argc != 4)
		return 2;
	log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, 2);
	options.url = argv[1];
	options.connections = atoi(argv[2]);
	options.deadline_ms = strtoll(argv[3], NULL, 10);
	options.connect_timeout_ms = env_ms("PG_DRIVER_CONNECT_MS");
	options.lock_timeout_ms = env_ms("PG_DRIVER_LOCK_MS");
	options.queue_max = (size_t)env_ms("PG_DRIVER_QUEUE");
	options.pgbouncer = getenv("PG_DRIVER_PGBOUNCER") != NULL;
	options.backoff_max_ms = 200;
	loop = ev_loop_new(EVFLAG_AUTO);
	if (pg_pool_new(loop, &options, &pool, &err) < 0) {
		say("refused %s", err.text);
		ev_loop_destroy(loop);
		return 1;
	}
	watch.changed = on_changed;
	pg_pool_watch(pool, &watch);
	map_init(&units);
	map_init(&texts);
	(void)fdutil_nonblock(0);
	ev_io_init(&in, on_input, 0, EV_READ);
	ev_io_start(loop, &in);
	(void)ev_run(loop, 0);
	ev_io_stop(loop, &in);
	free_group();
	free_pool();
	map_for_each(slot, &texts) {
		struct embed *embed = slot->value;

		mem_free(embed->name);
		mem_free(embed->text);
	}
	free_all(&texts);
	free_all(&units);
	str_deinit(&input);
	ev_loop_destroy(loop);
	say("bye");
	return 0;
}
