/*
 * queue_job.c - one entry of the queue, and its packed form
 *
 * Version 1, little-endian, a head of fixed size and then the texts, so that a script
 * reads what it needs with one struct.unpack('<Bi8BbI4I4I4BBHHHI4', job):
 *
 *	 0  version      1 byte, 1
 *	 1  enqueue ms   8 bytes, signed
 *	 9  kind         1
 *	10  priority     1, signed
 *	11  wake         4
 *	15  attempt      4
 *	19  requeues     4
 *	23  lengths of   lane 1, cohort 1, tenant 2, from 2, run 2, payload 4
 *	35  lane, tenant, from, run, cohort, payload
 *
 * Fleets are upgraded one host after the other, so two versions serve one queue. What
 * every later one keeps: the head, and lane, tenant, from, run and cohort behind it. So
 * an older program can requeue, hand back, drop and count what a newer one has packed,
 * and scripts take any version from 1 on; but it does not execute it (claim.lua leaves it
 * for the others). Whatever an older worker must not misread is a new version: a field
 * behind the payload, a kind, another payload.
 *
 * The enqueue moment stands in front because enqueue.lua fills it in: it puts version and
 * moment before what we send, instead of cutting into it. lane and tenant come first
 * among the texts and `from` after them: what scripts read or replace.
 */
#include "queue/queue_job.h"

#include "base/str.h"
#include "queue/queue_names.h"

#include <string.h>

#define PACKED_VERSION 1
#define HEAD_LEN       35
#define MOMENT_AT      1
#define REST_AT        9
#define RUN_MAX        512
#define FROM_MAX       255

static void put(char *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (char)(value >> (8 * i) & 0xff);
}

static uint64_t get(const char *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)(unsigned char)at[i] << (8 * i);
	return value;
}

int queue_job_check(const struct queue_job *job, struct err *err)
{
	if (job->kind != QUEUE_JOB_RUN && job->kind != QUEUE_JOB_CHAT)
		return err_set(err, ERR_INPUT, "job: unknown kind %d", (int)job->kind);
	if (job->priority < QUEUE_PRIORITY_MIN || job->priority > QUEUE_PRIORITY_MAX)
		return err_set(err, ERR_INPUT, "job: priority %d is not in %d..%d",
			       job->priority, QUEUE_PRIORITY_MIN, QUEUE_PRIORITY_MAX);
	if (job->enqueue_at_ms < 0)
		return err_set(err, ERR_INPUT, "job: a moment before 1970");
	if (job->wake < 1 || job->attempt < 1)
		return err_set(err, ERR_INPUT, "job: wake and attempt count from 1");
	if (job->run.len < 1 || job->run.len > RUN_MAX)
		return err_set(err, ERR_INPUT, "job: a run id has 1 to %d bytes",
			       RUN_MAX);
	if (!queue_names_tenant_ok(job->tenant.data, job->tenant.len))
		return err_set(err, ERR_INPUT, "job: the tenant is not in its key form");
	if (!queue_names_lane_ok(job->lane.data, job->lane.len))
		return err_set(err, ERR_INPUT, "job: a lane is - or 8 hex digits");
	if (job->from.len > FROM_MAX || job->cohort.len > QUEUE_COHORT_MAX)
		return err_set(err, ERR_INPUT, "job: from or cohort is too long");
	if (job->payload.len > QUEUE_PAYLOAD_MAX)
		return err_set(err, ERR_INPUT,
			       "job: the payload has %zu bytes, %u are allowed",
			       job->payload.len, QUEUE_PAYLOAD_MAX);
	return 0;
}

static void put_head(const struct queue_job *job, char *head)
{
	put(head, PACKED_VERSION, 1);
	put(head + MOMENT_AT, (uint64_t)job->enqueue_at_ms, 8);
	put(head + 9, (uint64_t)job->kind, 1);
	put(head + 10, (uint64_t)(int64_t)job->priority, 1);
	put(head + 11, job->wake, 4);
	put(head + 15, job->attempt, 4);
	put(head + 19, job->requeues, 4);
	put(head + 23, job->lane.len, 1);
	put(head + 24, job->cohort.len, 1);
	put(head + 25, job->tenant.len, 2);
	put(head + 27, job->from.len, 2);
	put(head + 29, job->run.len, 2);
	put(head + 31, job->payload.len, 4);
}

static void pack_from(const struct queue_job *job, size_t begin, struct str *out)
{
	char head[HEAD_LEN];

	put_head(job, head);
	str_add(out, head + begin, HEAD_LEN - begin);
	str_add(out, job->lane.data, job->lane.len);
	str_add(out, job->tenant.data, job->tenant.len);
	str_add(out, job->from.data, job->from.len);
	str_add(out, job->run.data, job->run.len);
	str_add(out, job->cohort.data, job->cohort.len);
	str_add(out, job->payload.data, job->payload.len);
}

void queue_job_pack(const struct queue_job *job, struct str *out)
{
	pack_from(job, 0, out);
}

void queue_job_pack_rest(const struct queue_job *job, struct str *out)
{
	pack_from(job, REST_AT, out);
}

static struct queue_text cut(const char **at, size_t len)
{
	struct queue_text text = { *at, len };

	*at += len;
	return text;
}

int queue_job_unpack(const void *bytes, size_t len, struct queue_job *ret,
		     struct err *err)
{
	const char *head = bytes;
	const char *at;
	struct queue_job job;
	size_t lane, cohort, tenant, from, run, payload;

	if (len < 1)
		return err_set(err, ERR_INPUT, "job: empty");
	if (head[0] != PACKED_VERSION)
		return err_set(err, ERR_INPUT, "job: packed in version %u, we know %d",
			       (unsigned)(unsigned char)head[0], PACKED_VERSION);
	if (len < HEAD_LEN)
		return err_set(err, ERR_INPUT, "job: %zu bytes are less than its head",
			       len);
	job.enqueue_at_ms = (int64_t)get(head + MOMENT_AT, 8);
	job.kind = (enum queue_job_kind)get(head + 9, 1);
	job.priority = (int8_t)get(head + 10, 1);
	job.wake = (uint32_t)get(head + 11, 4);
	job.attempt = (uint32_t)get(head + 15, 4);
	job.requeues = (uint32_t)get(head + 19, 4);
	lane = get(head + 23, 1);
	cohort = get(head + 24, 1);
	tenant = get(head + 25, 2);
	from = get(head + 27, 2);
	run = get(head + 29, 2);
	payload = get(head + 31, 4);
	if (lane + cohort + tenant + from + run + payload != len - HEAD_LEN)
		return err_set(
			err, ERR_INPUT,
			"job: the lengths in its head are not those of its %zu bytes",
			len);
	at = head + HEAD_LEN;
	job.lane = cut(&at, lane);
	job.tenant = cut(&at, tenant);
	job.from = cut(&at, from);
	job.run = cut(&at, run);
	job.cohort = cut(&at, cohort);
	job.payload = cut(&at, payload);
	if (queue_job_check(&job, err) < 0)
		return ERR_INPUT;
	*ret = job;
	return 0;
}

void queue_job_id(const struct queue_job *job, struct str *out)
{
	str_add(out, job->run.data, job->run.len);
	str_add_char(out, ':');
	str_add_int(out, job->wake);
}
