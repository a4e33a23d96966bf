/* manage.c - the stores of scale mode, for handlers of what only that mode has */
#include "api/manage.h"

#include "api/api_call.h"
#include "api/errors.h"
#include "api/runs_port.h"
#include "pg/pg_batch.h"

const struct manage *manage_of(struct api_call *call)
{
	if (!call->port->manage)
		errors_send(call->req, ERRORS_SCALE_ONLY, NULL);
	return call->port->manage;
}

void manage_read(struct api_call *call, struct pg_batch *batch, pg_read_cb cb, void *arg)
{
	if (call->port->manage) {
		pg_read(call->port->manage->pool, batch, cb, arg);
		return;
	}
	pg_batch_free(batch);
	cb(arg, ERRORS_SCALE_ONLY, NULL);
}
