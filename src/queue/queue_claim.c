/*
 * queue_claim.c - take ready jobs and drop ended ones, in one call
 *
 * The hot path of a worker: one script call per batch. The answer is read in place; jobs
 * are views into it, so nothing is copied before the caller decides what it keeps.
 */
#include "queue/queue_claim.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_group.h"
#include "queue/queue_lua.h"
#include "queue/queue_names.h"

#define LANES_MAX     32
#define MAIL_MAX      200
#define FLAG_REFUSED  1
#define FLAG_PAUSED   2
#define FLAG_MORE     4
#define ALIVE_MIN_MS  100
#define ALIVE_MAX_MS  (60 * 60 * 1000)
#define ANSWER_FIELDS 9

struct claim {
	queue_claim_cb cb;
	void *arg;
};

/* What an answer can hold at most. */
struct harvest {
	struct queue_claimed claimed;
	struct queue_job jobs[QUEUE_BATCH_MAX];
	struct queue_ended bad[QUEUE_BATCH_MAX];
	struct queue_text mail[MAIL_MAX];
};

static bool read_mail(struct harvest *harvest, const struct redis_reply *reply)
{
	size_t n = redis_reply_count(reply);

	if (redis_reply_type(reply) != REDIS_ARRAY || n > MAIL_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		harvest->mail[i] = queue_call_reply_text(redis_reply_at(reply, i));
	harvest->claimed.mail = harvest->mail;
	harvest->claimed.nmail = n;
	return true;
}

/* Does the packed job say the same as the key that it was found under? */
static bool is_job_of(const struct queue_job *job, struct queue_text id,
		      struct queue_text tenant)
{
	struct str own = STR_INIT;
	bool same;

	queue_job_id(job, &own);
	same = queue_call_same((struct queue_text){ own.data, own.len }, id) &&
	       queue_call_same(job->tenant, tenant);
	str_deinit(&own);
	return same;
}

/* Flat: tenant, n, then n times id and packed job. */
static bool read_jobs(struct harvest *harvest, const struct redis_reply *reply)
{
	struct queue_claimed *claimed = &harvest->claimed;
	size_t end = redis_reply_count(reply);
	size_t at = 0;

	if (redis_reply_type(reply) != REDIS_ARRAY)
		return false;
	while (at < end) {
		struct queue_text tenant =
			queue_call_reply_text(redis_reply_at(reply, at));
		int64_t n = redis_reply_int(redis_reply_at(reply, at + 1));

		at += 2;
		if (!tenant.data || n < 0 || n > QUEUE_BATCH_MAX ||
		    (size_t)n > QUEUE_BATCH_MAX - claimed->njobs - claimed->nbad ||
		    (size_t)n * 2 > end - at)
			return false;
		for (; n > 0; n--, at += 2) {
			struct queue_text id =
				queue_call_reply_text(redis_reply_at(reply, at));
			struct queue_text packed =
				queue_call_reply_text(redis_reply_at(reply, at + 1));
			struct queue_job *job = &harvest->jobs[claimed->njobs];

			if (!id.data || !packed.data)
				return false;
			if (queue_job_unpack(packed.data, packed.len, job, NULL) == 0 &&
			    is_job_of(job, id, tenant))
				claimed->njobs++;
			else
				harvest->bad[claimed->nbad++] =
					(struct queue_ended){ id, tenant };
		}
	}
	claimed->jobs = harvest->jobs;
	claimed->bad = harvest->bad;
	return true;
}

static bool read_answer(struct harvest *harvest, const struct redis_reply *reply)
{
	struct queue_claimed *claimed = &harvest->claimed;
	int64_t flags;

	if (redis_reply_count(reply) != ANSWER_FIELDS ||
	    !redis_reply_get_int(redis_reply_at(reply, 0), &claimed->now_ms) ||
	    !redis_reply_get_int(redis_reply_at(reply, 1), &flags) ||
	    !redis_reply_get_int(redis_reply_at(reply, 2), &claimed->events_ttl_ms) ||
	    !redis_reply_get_int(redis_reply_at(reply, 3), &claimed->recovering) ||
	    !redis_reply_get_int(redis_reply_at(reply, 4), &claimed->finished) ||
	    !redis_reply_get_int(redis_reply_at(reply, 5), &claimed->dropped) ||
	    !redis_reply_get_int(redis_reply_at(reply, 8), &claimed->newer))
		return false;
	claimed->refused = flags & FLAG_REFUSED;
	claimed->paused = flags & FLAG_PAUSED;
	claimed->more = flags & FLAG_MORE;
	return read_mail(harvest, redis_reply_at(reply, 6)) &&
	       read_jobs(harvest, redis_reply_at(reply, 7));
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct claim *claim = arg;
	struct harvest *harvest = NULL;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0) {
		harvest = mem_new(struct harvest);
		if (!read_answer(harvest, answer->reply))
			rc = queue_call_strange(&err, "claim");
	}
	claim->cb(claim->arg, rc, rc < 0 ? NULL : &harvest->claimed, &err);
	mem_free(harvest);
	mem_free(claim);
}

static bool is_quarantine(struct queue_text lane)
{
	return queue_call_same(lane,
			       (struct queue_text){ QUEUE_LANE_QUARANTINE,
						    sizeof(QUEUE_LANE_QUARANTINE) - 1 });
}

static int check(const struct queue *q, const struct queue_claim_ask *ask,
		 struct err *err)
{
	int rc = queue_call_incarnation_ok(q, err);

	if (rc == 0 && (ask->want > QUEUE_BATCH_MAX || ask->nended > QUEUE_BATCH_MAX))
		rc = err_set(err, ERR_INPUT, "a claim moves at most %d jobs",
			     QUEUE_BATCH_MAX);
	if (rc == 0 && ask->nlanes > LANES_MAX)
		rc = err_set(err, ERR_INPUT, "a claim names at most %d lanes", LANES_MAX);
	if (rc == 0 &&
	    (ask->alive_ttl_ms < ALIVE_MIN_MS || ask->alive_ttl_ms > ALIVE_MAX_MS))
		rc = err_set(err, ERR_INPUT, "a heartbeat lasts %d ms to an hour",
			     ALIVE_MIN_MS);
	for (size_t i = 0; i < ask->nlanes && rc == 0; i++) {
		if (!queue_names_lane_ok(ask->lanes[i].data, ask->lanes[i].len) &&
		    !is_quarantine(ask->lanes[i]))
			rc = err_set(err, ERR_INPUT, "a lane is - or 8 hex digits");
	}
	for (size_t i = 0; i < ask->nended && rc == 0; i++) {
		rc = queue_call_id_ok(ask->ended[i].id, err);
		if (rc == 0)
			rc = queue_call_tenant_ok(ask->ended[i].tenant, err);
	}
	return rc;
}

static bool same_tenant(const void *entries, size_t a, size_t b)
{
	const struct queue_ended *all = entries;

	return queue_call_same(all[a].tenant, all[b].tenant);
}

static void add_ended(struct redis_command *command, const struct queue_ended *ended,
		      size_t n)
{
	uint16_t order[QUEUE_BATCH_MAX], group_end[QUEUE_BATCH_MAX];

	queue_group(ended, n, same_tenant, order, group_end);
	for (size_t i = 0; i < n; i = group_end[i]) {
		queue_call_text(command, ended[order[i]].tenant);
		redis_command_int(command, group_end[i] - (int64_t)i);
		for (size_t j = i; j < group_end[i]; j++)
			queue_call_text(command, ended[order[j]].id);
	}
}

int queue_claim(struct queue *q, const struct queue_claim_ask *ask, queue_claim_cb cb,
		void *arg, struct err *err)
{
	const struct redis_server *server = redis_link_server(q->link);
	struct redis_command *command;
	struct claim *claim;
	int rc = check(q, ask, err);

	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_CLAIM);
	redis_command_text(command, q->incarnation);
	redis_command_int(command, ask->alive_ttl_ms);
	redis_command_int(command, (int64_t)ask->want);
	redis_command_text(command, server ? server->run_id : "");
	redis_command_int(command, ask->nlanes ? (int64_t)ask->nlanes : 1);
	for (size_t i = 0; i < ask->nlanes; i++)
		queue_call_text(command, ask->lanes[i]);
	if (ask->nlanes == 0)
		redis_command_text(command, QUEUE_LANE_ANY);
	add_ended(command, ask->ended, ask->nended);
	claim = mem_new(struct claim);
	claim->cb = cb;
	claim->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_CLAIM, on_answer, claim, err);
	if (rc < 0)
		mem_free(claim);
	return rc;
}
