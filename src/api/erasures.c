/*
 * erasures.c - all of an ended run is deleted, for the port of scale mode
 *
 * Postgres: one commit. Then Redis: its stream; one that could not be deleted runs out
 * by itself (events.ttl).
 */
#include "api/erasures.h"

#include "api/manage.h"
#include "api/pg_read.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "store/store_erase.h"

#include <stdio.h>

struct erasure {
	const struct manage *manage;
	char *run_id;    /* owned */
	char *tenant_id; /* owned; NULL: whoever's */
	int statement;
	port_erase_cb cb;
	void *arg;
};

static void over(struct erasure *erasure, enum errors_code error, const char *detail)
{
	erasure->cb(erasure->arg, error, detail);
	mem_free(erasure->run_id);
	mem_free(erasure->tenant_id);
	mem_free(erasure);
}

static void on_stream_gone(void *arg, const struct redis_answer *answer)
{
	struct erasure *erasure = arg;

	if (answer->rc < 0)
		log_warn("run.stream_stays", LOG_S("run", erasure->run_id),
			 LOG_S("error", answer->text));
	over(erasure, ERRORS_NONE, NULL);
}

static void delete_stream(struct erasure *erasure)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str stream = STR_INIT, cancel = STR_INIT;
	struct err err;
	int rc;

	str_printf(&stream, "synapse:run:%s:events", erasure->run_id);
	str_printf(&cancel, "synapse:cancel:%s", erasure->run_id);
	redis_command_words(&command, "DEL", str_text(&stream), str_text(&cancel), NULL);
	rc = redis_link_send(erasure->manage->link, &command, on_stream_gone, erasure,
			     &err);
	redis_command_deinit(&command);
	str_deinit(&stream);
	str_deinit(&cancel);
	if (rc < 0) {
		log_warn("run.stream_stays", LOG_S("run", erasure->run_id),
			 LOG_S("error", err.text));
		over(erasure, ERRORS_NONE, NULL);
	}
}

static void on_erased(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct erasure *erasure = arg;
	const char *status = NULL;
	char detail[96];

	if (error != ERRORS_NONE) {
		over(erasure, error, NULL);
		return;
	}
	if (store_erase_read(reply, erasure->statement, erasure->tenant_id, &status)) {
		FAULT_OF("erase.committed", erasure->run_id);
		log_info("run.erased", LOG_S("run", erasure->run_id));
		delete_stream(erasure);
		return;
	}
	if (!status) {
		over(erasure, ERRORS_NO_RUN, NULL);
		return;
	}
	(void)snprintf(detail, sizeof(detail), "the run has not ended: it is %s", status);
	over(erasure, ERRORS_NOT_ENDED, detail);
}

void erasures_run(const struct manage *manage, const char *run_id, const char *tenant_id,
		  port_erase_cb cb, void *arg)
{
	struct erasure *erasure = mem_new(struct erasure);
	struct pg_batch *batch = pg_batch_new();

	erasure->manage = manage;
	erasure->run_id = mem_dup(run_id);
	erasure->tenant_id = tenant_id ? mem_dup(tenant_id) : NULL;
	erasure->cb = cb;
	erasure->arg = arg;
	erasure->statement = store_erase(batch, run_id, tenant_id);
	pg_read(manage->pool, batch, on_erased, erasure);
}
