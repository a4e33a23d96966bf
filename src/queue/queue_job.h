/* queue_job.h - one entry of the queue, and its packed form */
#ifndef QUEUE_QUEUE_JOB_H
#define QUEUE_QUEUE_JOB_H

#include "base/err.h"
#include "queue/queue.h"

#include <stddef.h>
#include <stdint.h>

enum queue_job_kind {
	QUEUE_JOB_RUN = 1,
	QUEUE_JOB_CHAT = 2, /* a chat turn */
};

/*
 * Texts are borrowed: from the maker, or from the packed bytes that it was read from.
 * Text with len 0 is absent.
 */
struct queue_job {
	enum queue_job_kind kind;
	int priority;          /* -10..10; each step is a head start of a minute */
	int64_t enqueue_at_ms; /* Redis' clock; 0 when enqueued first: by the script */
	uint32_t wake;         /* 1..; with run it names the job */
	uint32_t attempt;      /* 1.. */
	uint32_t requeues;
	struct queue_text run;     /* 1..512 bytes, encoded as ids in keys are */
	struct queue_text tenant;  /* key form (queue_names.h) */
	struct queue_text lane;    /* QUEUE_LANE_ANY or 8 hex */
	struct queue_text from;    /* incarnation it was taken off; absent: a fresh run */
	struct queue_text cohort;  /* <= 64 bytes */
	struct queue_text payload; /* <= QUEUE_PAYLOAD_MAX, the producer's own */
};

/* ERR_INPUT with a sentence when a field is out of its bounds. */
int queue_job_check(const struct queue_job *job, struct err *err);
/* Append the packed form (checked by the caller). */
void queue_job_pack(const struct queue_job *job, struct str *out);
/* Append all of it that stands behind the enqueue moment (enqueue.lua adds what is
 * before). */
void queue_job_pack_rest(const struct queue_job *job, struct str *out);
/* Read a packed job without copying. ERR_INPUT for anything that queue_job_pack() cannot
 * have made, another version included; *ret is untouched. */
int queue_job_unpack(const void *bytes, size_t len, struct queue_job *ret,
		     struct err *err);
/* Append the job id, "<run>:<wake>". */
void queue_job_id(const struct queue_job *job, struct str *out);

#endif
