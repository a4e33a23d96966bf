/*
 * woken.c - a run that somebody outside woke gets its entry in the queue
 *
 * The entry carries no input: others had the run, so its worker reads the row anyway. One
 * that is lost the reconciler makes, a second or two later, in a backlog ten.
 */
#include "host/woken.h"

#include "base/str.h"
#include "queue/queue_job.h"
#include "queue/queue_names.h"
#include "run/payload.h"
#include "store/store_woken.h"

#include <string.h>

static struct queue_text text_of(const char *text)
{
	return (struct queue_text){ text, text ? strlen(text) : 0 };
}

int woken_enqueue(struct queue *queue, const char *run_id, const struct store_woken *row,
		  queue_enqueue_cb cb, void *arg, struct err *err)
{
	const struct payload payload = {
		.definition_id = row->orchestration_id,
		.definition_version = row->definition_version,
	};
	struct str tenant = STR_INIT, packed = STR_INIT;
	struct queue_enqueue_entry entry;
	int rc;

	queue_names_tenant(&tenant, row->tenant_id ? row->tenant_id : "");
	payload_pack(&payload, &packed);
	entry = (struct queue_enqueue_entry){
		.job = {
			.kind = row->chat ? QUEUE_JOB_CHAT : QUEUE_JOB_RUN,
			.priority = (int)row->priority,
			.wake = (uint32_t)row->wake,
			.attempt = (uint32_t)row->attempt,
			.run = text_of(run_id),
			.tenant = { str_text(&tenant), tenant.len },
			.lane = text_of(row->lane),
			.payload = { str_text(&packed), packed.len },
		},
		.running_max = row->running_max,
	};
	rc = queue_enqueue(queue, &entry, 1, cb, arg, err);
	str_deinit(&tenant);
	str_deinit(&packed);
	return rc;
}
