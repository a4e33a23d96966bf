/*
 * redis_driver.c - the link and the acts of a queue, driven line by line
 *
 * For test_redis_*.py and test_queue_*.py: reads commands on standard input, says on
 * standard output what happened, one JSON object a line. Words of a command are separated
 * by blanks and percent-encoded. Ends at end of file, having freed everything, so that
 * the sanitizers see what leaks.
 *
 *	open url=... [key=value...]         a link: {"event": "up"...}
 *	send TAG WORD...                    {"answer": TAG, "rc": ..., "reply": ...}
 *	burst TAG N WORD...                 the same N times in one turn
 *	hold MS                             stand still without turning the loop
 *	drop | free | pending | closing TAG  (closing: free the link from TAG's callback)
 *	queue NAME INCARNATION              INCARNATION "-": none
 *	admit TAG DEPTH RATE BURST MAX TENANT ID...
 *	enqueue TAG TENANT LANE PRIORITY RUNNING_MAX WEIGHT PAYLOAD RUN...
 *	release TAG TENANT ID...
 *	claim TAG WANT LANES|- [TENANT ID]...
 *	hand TAG OWNED LANE|- ID...
 *	held TAG CURSOR | beat TAG TTL NAME... | leave TAG NAME | lineage TAG | stats TAG
 *	requeue TAG DEAD MOST ID=VERDICT...
 *	attach TAG TENANT TTL RUN...
 *	give TAG OWNER ID...
 *	absent TAG
 *	bell POLL_MS | arm | disarm         {"bell": "rung" | "poll"}
 *	bench BATCH JOBS TENANTS            claim and finish all that is ready
 *	fill N BATCH TENANTS                admit and enqueue N jobs
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/fdutil.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "queue/queue.h"
#include "queue/queue_absent.h"
#include "queue/queue_admit.h"
#include "queue/queue_attach.h"
#include "queue/queue_beat.h"
#include "queue/queue_bell.h"
#include "queue/queue_claim.h"
#include "queue/queue_enqueue.h"
#include "queue/queue_handback.h"
#include "queue/queue_held.h"
#include "queue/queue_leave.h"
#include "queue/queue_lineage.h"
#include "queue/queue_release.h"
#include "queue/queue_requeue.h"
#include "queue/queue_stats.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_script.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 600
#define BENCH_TTL 60000

static struct ev_loop *loop;
static struct redis_link_conf conf;
static struct str conf_url;
static struct redis_link *link_now;
static struct redis_scripts *scripts;
static struct queue *queue_now;
static struct queue_bell *bell;
static struct str input;
static struct str closing_tag;

/* ---- output ---- */

static void add_json(struct str *out, const char *bytes, size_t len)
{
	str_add_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			str_printf(out, "\\u%04x", c);
		else
			str_add_char(out, (char)c);
	}
	str_add_char(out, '"');
}

static void add_text(struct str *out, const char *text)
{
	add_json(out, text, strlen(text));
}

static void say(struct str *line)
{
	str_add_char(line, '\n');
	(void)fwrite(line->data, 1, line->len, stdout);
	(void)fflush(stdout);
	str_deinit(line);
}

static void say_err(const char *what, const char *tag, int rc, const struct err *err)
{
	struct str line = STR_INIT;

	str_printf(&line, "{\"%s\": ", what);
	add_text(&line, tag);
	str_printf(&line, ", \"rc\": \"%s\", \"text\": ", rc < 0 ? err_name(rc) : "ok");
	add_text(&line, rc < 0 ? err->text : "");
	str_add_char(&line, '}');
	say(&line);
}

static void add_reply(struct str *out, const struct redis_reply *reply)
{
	const char *text;
	size_t len;

	switch (redis_reply_type(reply)) {
	case REDIS_NIL:
		str_add_text(out, "null");
		break;
	case REDIS_INT:
		str_add_int(out, redis_reply_int(reply));
		break;
	case REDIS_TEXT:
	case REDIS_STATUS:
	case REDIS_ERROR:
		text = redis_reply_text(reply, &len);
		if (len > 4096)
			str_printf(out, "%zu", len);
		else
			add_json(out, text, len);
		break;
	case REDIS_ARRAY:
		str_add_char(out, '[');
		for (size_t i = 0; i < redis_reply_count(reply); i++) {
			if (i)
				str_add_text(out, ", ");
			add_reply(out, redis_reply_at(reply, i));
		}
		str_add_char(out, ']');
		break;
	}
}

static void on_event(void *arg, struct redis_link *link, enum redis_event event,
		     const struct err *why)
{
	static const char *const names[] = { "up", "down", "retry" };
	const struct redis_server *server = redis_link_server(link);
	struct str line = STR_INIT;

	(void)arg;
	str_printf(&line, "{\"event\": \"%s\", \"text\": ", names[event]);
	add_text(&line, why ? why->text : "");
	str_printf(&line, ", \"code\": \"%s\"", why ? err_name(why->code) : "");
	if (event == REDIS_EVENT_UP) {
		str_printf(&line, ", \"version\": %d, \"run_id\": ", server->version);
		add_text(&line, server->run_id);
		str_add_text(&line, ", \"policy\": ");
		add_text(&line, server->policy);
	}
	str_add_char(&line, '}');
	say(&line);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct str line = STR_INIT;
	char *tag = arg;

	str_add_text(&line, "{\"answer\": ");
	add_text(&line, tag);
	str_printf(&line,
		   ", \"rc\": \"%s\", \"sent\": %s, \"trouble\": \"%s\", \"text\": ",
		   answer->rc < 0 ? err_name(answer->rc) : "ok",
		   answer->sent ? "true" : "false", redis_trouble_name(answer->trouble));
	add_text(&line, answer->text);
	str_add_text(&line, ", \"reply\": ");
	add_reply(&line, answer->reply);
	str_add_char(&line, '}');
	say(&line);
	if (strcmp(str_text(&closing_tag), tag) == 0 && link_now &&
	    answer->rc != ERR_CLOSED) {
		struct redis_link *link = link_now;

		link_now = NULL;
		redis_link_free(link);
	}
	mem_free(tag);
}

/* ---- the link ---- */

static const char *value_of(char **words, int n, const char *key)
{
	size_t len = strlen(key);

	for (int i = 0; i < n; i++) {
		if (strncmp(words[i], key, len) == 0 && words[i][len] == '=')
			return words[i] + len + 1;
	}
	return NULL;
}

static int64_t number_of(char **words, int n, const char *key)
{
	const char *value = value_of(words, n, key);

	return value ? strtoll(value, NULL, 10) : 0;
}

static void do_open(char **words, int n)
{
	const char *url = value_of(words, n, "url");
	struct err err;
	int rc;

	redis_link_free(link_now);
	link_now = NULL;
	str_reset(&conf_url, 0);
	str_add_text(&conf_url, url ? url : "");
	conf = (struct redis_link_conf){
		.url = str_text(&conf_url),
		.name = value_of(words, n, "name") ? "driver" : NULL,
		.connect_timeout_ms = number_of(words, n, "connect_timeout"),
		.command_timeout_ms = number_of(words, n, "command_timeout"),
		.retry_min_ms = number_of(words, n, "retry_min"),
		.retry_max_ms = number_of(words, n, "retry_max"),
		.queue_max = (size_t)number_of(words, n, "queue_max"),
		.bytes_max = (size_t)number_of(words, n, "bytes_max"),
		.seed = 1,
		.on_event = on_event,
	};
	rc = redis_link_new(loop, &conf, &link_now, &err);
	if (rc == 0 && value_of(words, n, "scripts"))
		redis_link_scripts(link_now, scripts);
	say_err("open", "link", rc, &err);
}

static void do_send(char **words, int n, int times)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct err err;
	char *tag;
	int rc = 0;

	for (int i = 1; i < n; i++)
		redis_command_text(&command, words[i]);
	for (int i = 0; i < times && rc == 0; i++) {
		tag = mem_dup(words[0]);
		rc = link_now ? redis_link_send(link_now, &command, on_answer, tag, &err)
			      : err_set(&err, ERR_CLOSED, "no link");
		if (rc < 0) {
			say_err("refused", words[0], rc, &err);
			mem_free(tag);
		}
	}
	redis_command_deinit(&command);
}

/* ---- the queue ---- */

static struct queue_text text_of(const char *text)
{
	return (struct queue_text){ text, strlen(text) };
}

static void finish_act(char *tag, int rc, const struct err *err)
{
	say_err("act", tag, rc, err);
	mem_free(tag);
}

static void on_admitted(void *arg, int rc, const struct queue_admit_result *results,
			size_t n, int64_t now_ms, const struct err *err)
{
	static const char *const names[] = { "ok", "rate", "queued", "depth" };
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_printf(&line, ", \"rc\": \"ok\", \"now\": %lld, \"results\": [",
		   (long long)now_ms);
	for (size_t i = 0; i < n; i++)
		str_printf(&line, "%s[\"%s\", %lld]", i ? ", " : "",
			   names[results[i].admission],
			   (long long)results[i].retry_after_ms);
	str_add_text(&line, "]}");
	say(&line);
	mem_free(arg);
}

static int do_admit(char **w, int n, char *tag, struct err *err)
{
	struct queue_admit_entry entries[WORDS_MAX];
	size_t count = 0;

	for (int i = 5; i < n; i++)
		entries[count++] = (struct queue_admit_entry){
			.id = text_of(w[i]),
			.tenant = text_of(w[4]),
			.rate_per_min = strtoll(w[1], NULL, 10),
			.burst = strtoll(w[2], NULL, 10),
			.queued_max = strtoll(w[3], NULL, 10),
		};
	return queue_admit(queue_now, entries, count, strtoll(w[0], NULL, 10),
			   on_admitted, tag, err);
}

static void say_two(const char *tag, const char *a, int64_t x, const char *b, int64_t y)
{
	struct str line = STR_INIT;

	str_add_text(&line, "{\"act\": ");
	add_text(&line, tag);
	str_printf(&line, ", \"rc\": \"ok\", \"%s\": %lld, \"%s\": %lld}", a,
		   (long long)x, b, (long long)y);
	say(&line);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	say_two(arg, "enqueue_at_ms", enqueue_at_ms, "added", added);
	mem_free(arg);
}

static int do_enqueue(char **w, int n, char *tag, struct err *err)
{
	struct queue_enqueue_entry entries[WORDS_MAX];
	size_t count = 0;

	for (int i = 6; i < n; i++)
		entries[count++] = (struct queue_enqueue_entry){
			.job = { .kind = QUEUE_JOB_RUN,
				 .priority = atoi(w[2]),
				 .wake = 1,
				 .attempt = 1,
				 .run = text_of(w[i]),
				 .tenant = text_of(w[0]),
				 .lane = text_of(w[1]),
				 .payload = text_of(w[5]) },
			.running_max = strtoll(w[3], NULL, 10),
			.weight = strtoll(w[4], NULL, 10),
		};
	return queue_enqueue(queue_now, entries, count, on_enqueued, tag, err);
}

static void on_number(void *arg, int rc, int64_t number, const struct err *err)
{
	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	say_two(arg, "number", number, "unused", 0);
	mem_free(arg);
}

static int do_release(char **w, int n, char *tag, struct err *err)
{
	struct queue_release_entry entries[WORDS_MAX];
	size_t count = 0;

	for (int i = 1; i < n; i++)
		entries[count++] =
			(struct queue_release_entry){ text_of(w[i]), text_of(w[0]) };
	return queue_release(queue_now, entries, count, on_number, tag, err);
}

static void add_job(struct str *line, const struct queue_job *job)
{
	str_add_text(line, "{\"run\": ");
	add_json(line, job->run.data, job->run.len);
	str_add_text(line, ", \"tenant\": ");
	add_json(line, job->tenant.data, job->tenant.len);
	str_add_text(line, ", \"lane\": ");
	add_json(line, job->lane.data, job->lane.len);
	str_add_text(line, ", \"from\": ");
	add_json(line, job->from.data, job->from.len);
	str_add_text(line, ", \"payload\": ");
	add_json(line, job->payload.data,
		 job->payload.len < 100 ? job->payload.len : 100);
	str_printf(
		line,
		", \"kind\": %d, \"priority\": %d, \"enqueue_at_ms\": %lld, \"wake\": %u, "
		"\"attempt\": %u, \"requeues\": %u}",
		(int)job->kind, job->priority, (long long)job->enqueue_at_ms, job->wake,
		job->attempt, job->requeues);
}

static void on_claimed(void *arg, int rc, const struct queue_claimed *claimed,
		       const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_printf(
		&line,
		", \"rc\": \"ok\", \"now\": %lld, \"finished\": %lld, \"dropped\": %lld, "
		"\"events_ttl_ms\": %lld, \"recovering\": %lld, \"refused\": %d, "
		"\"paused\": %d, \"more\": %d, \"mail\": [",
		(long long)claimed->now_ms, (long long)claimed->finished,
		(long long)claimed->dropped, (long long)claimed->events_ttl_ms,
		(long long)claimed->recovering, claimed->refused, claimed->paused,
		claimed->more);
	for (size_t i = 0; i < claimed->nmail; i++) {
		str_add_text(&line, i ? ", " : "");
		add_json(&line, claimed->mail[i].data, claimed->mail[i].len);
	}
	str_add_text(&line, "], \"bad\": [");
	for (size_t i = 0; i < claimed->nbad; i++) {
		str_add_text(&line, i ? ", " : "");
		add_json(&line, claimed->bad[i].id.data, claimed->bad[i].id.len);
	}
	str_add_text(&line, "], \"jobs\": [");
	for (size_t i = 0; i < claimed->njobs; i++) {
		str_add_text(&line, i ? ", " : "");
		add_job(&line, &claimed->jobs[i]);
	}
	str_add_text(&line, "]}");
	say(&line);
	mem_free(arg);
}

static int do_claim(char **w, int n, char *tag, struct err *err)
{
	struct queue_ended ended[WORDS_MAX];
	struct queue_text lanes[8];
	struct queue_claim_ask ask = { .want = strtoul(w[0], NULL, 10),
				       .lanes = lanes,
				       .ended = ended,
				       .alive_ttl_ms = 8000 };
	char *save = NULL;

	for (char *lane = strtok_r(w[1], ",", &save); lane;
	     lane = strtok_r(NULL, ",", &save))
		lanes[ask.nlanes++] = text_of(lane);
	for (int i = 2; i + 1 < n; i += 2)
		ended[ask.nended++] =
			(struct queue_ended){ text_of(w[i + 1]), text_of(w[i]) };
	return queue_claim(queue_now, &ask, on_claimed, tag, err);
}

static int do_hand(char **w, int n, char *tag, struct err *err)
{
	struct queue_handback_entry entries[WORDS_MAX];
	size_t count = 0;

	for (int i = 2; i < n; i++) {
		entries[count] =
			(struct queue_handback_entry){ .id = text_of(w[i]),
						       .taken_over = atoi(w[0]) != 0 };
		if (strcmp(w[1], "*") != 0)
			entries[count].lane = text_of(w[1]);
		count++;
	}
	return queue_handback(queue_now, entries, count, on_number, tag, err);
}

static void on_held(void *arg, int rc, const struct queue_text *ids, size_t n,
		    uint64_t next, const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_add_text(&line, ", \"rc\": \"ok\", \"ids\": [");
	for (size_t i = 0; i < n; i++) {
		str_add_text(&line, i ? ", " : "");
		add_json(&line, ids[i].data, ids[i].len);
	}
	str_printf(&line, "], \"next\": \"%llu\"}", (unsigned long long)next);
	say(&line);
	mem_free(arg);
}

static void on_lineage(void *arg, int rc, struct queue_text lineage, bool changed,
		       const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_printf(&line, ", \"rc\": \"ok\", \"changed\": %d, \"lineage\": ", changed);
	add_json(&line, lineage.data, lineage.len);
	str_add_char(&line, '}');
	say(&line);
	mem_free(arg);
}

static void on_stats(void *arg, int rc, const struct queue_stats *s,
		     const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_printf(
		&line,
		", \"rc\": \"ok\", \"queued\": %lld, \"active\": %lld, \"admitted\": %lld, "
		"\"delayed\": %lld, \"quarantine\": %lld, \"workers\": %lld, "
		"\"tenants\": %lld, \"capped\": %lld, \"oldest_ms\": %lld, \"paused\": %d, "
		"\"open\": %d}",
		(long long)s->queued, (long long)s->active, (long long)s->admitted,
		(long long)s->delayed, (long long)s->quarantine, (long long)s->workers,
		(long long)s->tenants, (long long)s->capped, (long long)s->oldest_ms,
		s->paused, s->open);
	say(&line);
	mem_free(arg);
}

static int do_beat(char **w, int n, char *tag, struct err *err)
{
	struct queue_text names[WORDS_MAX];
	size_t count = 0;

	for (int i = 1; i < n; i++)
		names[count++] = text_of(w[i]);
	return queue_beat(queue_now, names, count, strtoll(w[0], NULL, 10), on_number,
			  tag, err);
}

static void on_requeued(void *arg, int rc, const struct queue_requeued *done,
			const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_printf(&line,
		   ", \"rc\": \"ok\", \"done\": [%lld, %lld, %lld, %lld, %lld, %lld]}",
		   (long long)done->ready, (long long)done->quarantined,
		   (long long)done->dropped, (long long)done->unreadable,
		   (long long)done->kept, (long long)done->left);
	say(&line);
	mem_free(arg);
}

static int do_requeue(char **w, int n, char *tag, struct err *err)
{
	struct queue_suspect suspects[WORDS_MAX];
	size_t count = 0;

	for (int i = 2; i < n; i++) {
		char *verdict = strchr(w[i], '=');

		if (!verdict)
			return err_set(err, ERR_INPUT, "ID=VERDICT");
		*verdict++ = '\0';
		suspects[count].id = text_of(w[i]);
		if (*verdict == 'c') { /* c<score>/<name> */
			char *name;

			suspects[count].score = strtoll(verdict + 1, &name, 10);
			name += *name == '/';
			suspects[count].cohort =
				(struct queue_text){ name, strlen(name) };
			suspects[count++].verdict = QUEUE_VERDICT_COHORT;
			continue;
		}
		suspects[count++].verdict = *verdict == 'q'   ? QUEUE_VERDICT_QUARANTINE
					    : *verdict == 'k' ? QUEUE_VERDICT_KEEP
							      : QUEUE_VERDICT_DROP;
	}
	return queue_requeue(queue_now, w[0], strtoul(w[1], NULL, 10), suspects, count,
			     on_requeued, tag, err);
}

static void on_attached(void *arg, int rc, bool lives, const bool *taken, size_t n,
			const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_printf(&line, ", \"rc\": \"ok\", \"lives\": %d, \"taken\": [", lives);
	for (size_t i = 0; taken && i < n; i++)
		str_printf(&line, "%s%d", i ? ", " : "", taken[i]);
	str_add_text(&line, "]}");
	say(&line);
	mem_free(arg);
}

static int do_attach(char **w, int n, char *tag, struct err *err)
{
	struct queue_job jobs[WORDS_MAX];
	size_t count = 0;

	for (int i = 2; i < n; i++)
		jobs[count++] = (struct queue_job){
			.kind = QUEUE_JOB_RUN,
			.wake = 1,
			.attempt = 1,
			.enqueue_at_ms = 777,
			.run = text_of(w[i]),
			.tenant = text_of(w[0]),
			.lane = text_of(QUEUE_LANE_ANY),
			.payload = text_of("{}"),
		};
	return queue_attach_own(queue_now, jobs, count, strtoll(w[1], NULL, 10), -1,
				on_attached, tag, err);
}

static int do_give(char **w, int n, char *tag, struct err *err)
{
	struct queue_text ids[WORDS_MAX];
	size_t count = 0;

	for (int i = 1; i < n; i++)
		ids[count++] = text_of(w[i]);
	return queue_attach_give(queue_now, text_of(w[0]), ids, count, on_attached, tag,
				 err);
}

/* As an answer to held, under another key. */
static void on_absent(void *arg, int rc, const struct queue_text *names, size_t n,
		      int64_t suspects, const struct err *err)
{
	struct str line = STR_INIT;

	if (rc < 0) {
		finish_act(arg, rc, err);
		return;
	}
	str_add_text(&line, "{\"act\": ");
	add_text(&line, arg);
	str_add_text(&line, ", \"rc\": \"ok\", \"names\": [");
	for (size_t i = 0; i < n; i++) {
		str_add_text(&line, i ? ", " : "");
		add_json(&line, names[i].data, names[i].len);
	}
	str_printf(&line, "], \"suspects\": %lld}", (long long)suspects);
	say(&line);
	mem_free(arg);
}

static void do_act(const char *what, char **words, int n)
{
	char *tag = mem_dup(words[0]);
	struct err err;
	int rc = ERR_INPUT;

	(void)err_set(&err, ERR_INPUT, "unknown act or no queue");
	words++;
	n--;
	if (!queue_now)
		rc = ERR_INPUT;
	else if (strcmp(what, "admit") == 0)
		rc = do_admit(words, n, tag, &err);
	else if (strcmp(what, "enqueue") == 0)
		rc = do_enqueue(words, n, tag, &err);
	else if (strcmp(what, "release") == 0)
		rc = do_release(words, n, tag, &err);
	else if (strcmp(what, "claim") == 0)
		rc = do_claim(words, n, tag, &err);
	else if (strcmp(what, "hand") == 0)
		rc = do_hand(words, n, tag, &err);
	else if (strcmp(what, "held") == 0)
		rc = queue_held(queue_now, strtoull(words[0], NULL, 10), on_held, tag,
				&err);
	else if (strcmp(what, "beat") == 0)
		rc = do_beat(words, n, tag, &err);
	else if (strcmp(what, "leave") == 0)
		rc = queue_leave(queue_now, words[0], on_number, tag, &err);
	else if (strcmp(what, "lineage") == 0)
		rc = queue_lineage_open(queue_now, on_lineage, tag, &err);
	else if (strcmp(what, "stats") == 0)
		rc = queue_stats(queue_now, on_stats, tag, &err);
	else if (strcmp(what, "requeue") == 0)
		rc = do_requeue(words, n, tag, &err);
	else if (strcmp(what, "attach") == 0)
		rc = do_attach(words, n, tag, &err);
	else if (strcmp(what, "give") == 0)
		rc = do_give(words, n, tag, &err);
	else if (strcmp(what, "absent") == 0)
		rc = queue_absent(queue_now, on_absent, tag, &err);
	if (rc < 0) {
		say_err("refused", tag, rc, &err);
		mem_free(tag);
	}
}

static void do_queue(char **words, int n)
{
	struct err err;
	int rc;

	queue_free(queue_now);
	queue_now = NULL;
	rc = n < 2 ? err_set(&err, ERR_INPUT, "queue NAME INCARNATION")
		   : queue_new(link_now, scripts, words[0],
			       strcmp(words[1], "-") == 0 ? NULL : words[1], &queue_now,
			       &err);
	say_err("open", "queue", rc, &err);
}

static void on_bell(void *arg, bool rung)
{
	struct str line = STR_INIT;

	(void)arg;
	str_printf(&line, "{\"bell\": \"%s\"}", rung ? "rung" : "poll");
	say(&line);
}

static void do_bell(char **words)
{
	struct err err;
	int rc;

	queue_bell_free(bell);
	bell = NULL;
	rc = queue_bell_new(loop, &conf, queue_name(queue_now),
			    strtoll(words[0], NULL, 10), on_bell, NULL, &bell, &err);
	say_err("open", "bell", rc, &err);
}

/* ---- figures ---- */

static struct {
	size_t batch;
	size_t left;
	size_t done;
	size_t made;
	size_t tenants;
	int64_t begin_us;
	int64_t begin_cpu_us;
	struct queue_ended ended[QUEUE_BATCH_MAX]; /* texts in `texts` */
	size_t nended;
	struct str texts;
} bench;

static void bench_claim(void);

static void bench_over(const char *what, size_t n)
{
	struct str line = STR_INIT;

	str_printf(&line, "{\"%s\": %zu, \"us\": %lld, \"cpu_us\": %lld}", what, n,
		   (long long)(clock_mono_us() - bench.begin_us),
		   (long long)(clock_cpu_us() - bench.begin_cpu_us));
	say(&line);
}

static void on_bench_claimed(void *arg, int rc, const struct queue_claimed *claimed,
			     const struct err *err)
{
	struct str id = STR_INIT;

	(void)arg;
	if (rc < 0) {
		say_err("bench", "claim", rc, err);
		return;
	}
	bench.done += (size_t)claimed->finished;
	bench.nended = 0;
	str_reset(&bench.texts, 1 << 20);
	(void)str_reserve(&bench.texts, QUEUE_BATCH_MAX * 256); /* it does not move */
	for (size_t i = 0; i < claimed->njobs; i++) {
		const struct queue_job *job = &claimed->jobs[i];
		struct queue_ended *ended = &bench.ended[bench.nended++];

		ended->id.data = bench.texts.data + bench.texts.len;
		queue_job_id(job, &bench.texts);
		ended->id.len =
			(size_t)(bench.texts.data + bench.texts.len - ended->id.data);
		ended->tenant.data = bench.texts.data + bench.texts.len;
		str_add(&bench.texts, job->tenant.data, job->tenant.len);
		ended->tenant.len = job->tenant.len;
	}
	str_deinit(&id);
	if (bench.nended || claimed->more)
		bench_claim();
	else
		bench_over("bench", bench.done);
}

static void bench_claim(void)
{
	struct queue_claim_ask ask = { .want = bench.batch,
				       .ended = bench.ended,
				       .nended = bench.nended,
				       .alive_ttl_ms = BENCH_TTL };
	struct err err;
	int rc = queue_claim(queue_now, &ask, on_bench_claimed, NULL, &err);

	if (rc < 0)
		say_err("bench", "claim", rc, &err);
}

static void fill_more(void);

static void on_filled(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
		      const struct err *err)
{
	(void)arg;
	(void)enqueue_at_ms;
	if (rc < 0) {
		say_err("fill", "enqueue", rc, err);
		return;
	}
	bench.done += (size_t)added;
	if (bench.made < bench.left)
		fill_more();
	else
		bench_over("fill", bench.done);
}

static struct {
	struct queue_enqueue_entry entries[QUEUE_ENQUEUE_MAX];
	struct queue_admit_entry admits[QUEUE_ENQUEUE_MAX];
	char runs[QUEUE_ENQUEUE_MAX][48];
	char ids[QUEUE_ENQUEUE_MAX][64];
	char tenants[QUEUE_ENQUEUE_MAX][32];
	size_t n;
} fill;

static void on_fill_admitted(void *arg, int rc, const struct queue_admit_result *results,
			     size_t n, int64_t now_ms, const struct err *err)
{
	struct err why;

	(void)arg;
	(void)results;
	(void)n;
	(void)now_ms;
	if (rc == 0)
		rc = queue_enqueue(queue_now, fill.entries, fill.n, on_filled, NULL,
				   &why);
	else
		why = *err;
	if (rc < 0)
		say_err("fill", "admit", rc, &why);
}

static void fill_more(void)
{
	static const char payload[] =
		"{\"definition\":\"hello-print\",\"version\":3,\"message\":\"the quick brown fox "
		"jumps over the lazy dog\",\"inputs\":{\"name\":\"somebody\",\"number\":42,"
		"\"list\":[1,2,3,4,5,6,7,8,9,10]},\"metadata\":{\"source\":\"bench\"}}";
	struct err err;
	int rc;

	fill.n = 0;
	while (fill.n < bench.batch && bench.made < bench.left) {
		size_t i = fill.n++;
		size_t number = bench.made++;

		(void)snprintf(fill.runs[i], sizeof(fill.runs[i]),
			       "run_%012zx_1700000000000", number);
		(void)snprintf(fill.ids[i], sizeof(fill.ids[i]),
			       "run_%012zx_1700000000000:1", number);
		(void)snprintf(fill.tenants[i], sizeof(fill.tenants[i]), "tenant-%zu",
			       number % bench.tenants);
		fill.entries[i] = (struct queue_enqueue_entry){
			.job = { .kind = QUEUE_JOB_RUN,
				 .wake = 1,
				 .attempt = 1,
				 .run = text_of(fill.runs[i]),
				 .tenant = text_of(fill.tenants[i]),
				 .lane = text_of(QUEUE_LANE_ANY),
				 .payload = text_of(payload) },
		};
		fill.admits[i] = (struct queue_admit_entry){
			.id = text_of(fill.ids[i]),
			.tenant = text_of(fill.tenants[i]),
			.queued_max = 10000000,
		};
	}
	rc = queue_admit(queue_now, fill.admits, fill.n, 0, on_fill_admitted, NULL, &err);
	if (rc < 0)
		say_err("fill", "admit", rc, &err);
}

static void bench_begin(size_t batch, size_t left, size_t tenants)
{
	bench.batch = batch;
	bench.left = left;
	bench.tenants = tenants ? tenants : 1;
	bench.done = bench.made = bench.nended = 0;
	bench.begin_us = clock_mono_us();
	bench.begin_cpu_us = clock_cpu_us();
}

/* ---- lines ---- */

static void decode(char *word)
{
	char *out = word;

	for (; *word; word++) {
		if (*word == '%' && word[1] && word[2]) {
			char hex[3] = { word[1], word[2], '\0' };

			*out++ = (char)strtol(hex, NULL, 16);
			word += 2;
		} else {
			*out++ = *word;
		}
	}
	*out = '\0';
}

static void on_line(char *line)
{
	char *words[WORDS_MAX] = { NULL };
	char *save = NULL;
	struct timespec still;
	struct str out = STR_INIT;
	int n = 0;

	for (char *word = strtok_r(line, " ", &save); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save)) {
		decode(word);
		words[n++] = word;
	}
	if (n == 0)
		return;
	if (strcmp(words[0], "open") == 0) {
		do_open(words + 1, n - 1);
	} else if (strcmp(words[0], "send") == 0 && n > 2) {
		do_send(words + 1, n - 1, 1);
	} else if (strcmp(words[0], "burst") == 0 && n > 3) {
		int times = atoi(words[2]);

		words[2] = words[1];
		do_send(words + 2, n - 2, times);
	} else if (strcmp(words[0], "hold") == 0 && n > 1) {
		still.tv_sec = atoi(words[1]) / 1000;
		still.tv_nsec = (long)(atoi(words[1]) % 1000) * 1000000;
		(void)nanosleep(&still, NULL);
	} else if (strcmp(words[0], "drop") == 0) {
		redis_link_drop(link_now, "dropped by the test");
	} else if (strcmp(words[0], "free") == 0) {
		redis_link_free(link_now);
		link_now = NULL;
		say_err("open", "freed", 0, NULL);
	} else if (strcmp(words[0], "closing") == 0 && n > 1) {
		str_reset(&closing_tag, 0);
		str_add_text(&closing_tag, words[1]);
	} else if (strcmp(words[0], "pending") == 0) {
		str_printf(&out, "{\"pending\": %zu, \"up\": %d}",
			   link_now ? redis_link_pending(link_now) : 0,
			   link_now && redis_link_is_up(link_now));
		say(&out);
	} else if (strcmp(words[0], "queue") == 0) {
		do_queue(words + 1, n - 1);
	} else if (strcmp(words[0], "bell") == 0 && n > 1) {
		do_bell(words + 1);
	} else if (strcmp(words[0], "arm") == 0) {
		queue_bell_arm(bell);
	} else if (strcmp(words[0], "disarm") == 0) {
		queue_bell_disarm(bell);
	} else if (strcmp(words[0], "bench") == 0 && n > 1) {
		bench_begin(strtoul(words[1], NULL, 10), 0, 1);
		bench_claim();
	} else if (strcmp(words[0], "fill") == 0 && n > 3) {
		bench_begin(strtoul(words[2], NULL, 10), strtoul(words[1], NULL, 10),
			    strtoul(words[3], NULL, 10));
		fill_more();
	} else if (n > 1) {
		do_act(words[0], words + 1, n - 1);
	}
}

static void on_input(struct ev_loop *l, ev_io *w, int revents)
{
	ssize_t n;
	char *end;

	(void)revents;
	n = read(w->fd, str_reserve(&input, 65536), 65536);
	if (n <= 0) {
		ev_break(l, EVBREAK_ALL);
		return;
	}
	str_grew(&input, (size_t)n);
	while ((end = memchr(input.data, '\n', input.len))) {
		size_t len = (size_t)(end - input.data);
		char *line = mem_dup_n(input.data, len);

		str_drop(&input, len + 1);
		on_line(line);
		mem_free(line);
	}
}

int main(void)
{
	ev_io stdin_io;

	(void)signal(SIGPIPE, SIG_IGN);
	loop = ev_loop_new(EVFLAG_AUTO);
	scripts = queue_scripts_new();
	ev_io_init(&stdin_io, on_input, STDIN_FILENO, EV_READ);
	ev_io_start(loop, &stdin_io);
	ev_run(loop, 0);
	ev_io_stop(loop, &stdin_io);
	redis_link_free(link_now);
	link_now = NULL;
	queue_bell_free(bell);
	queue_free(queue_now);
	queue_scripts_free(scripts);
	str_deinit(&conf_url);
	str_deinit(&closing_tag);
	str_deinit(&input);
	str_deinit(&bench.texts);
	ev_loop_destroy(loop);
	return 0;
}
