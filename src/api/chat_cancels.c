/*
 * chat_cancels.c - turns that somebody wants to stop
 *
 *	look      whose session it is
 *	withdraw  those that wait get runs that are to end at once; the session is locked,
 *		  so none of them becomes the live one meanwhile
 *	cancel    these runs, and the live one, as any run is cancelled (cancels.c). The
 *		  answer is that about the live one
 *
 * A process that dies between the second and the third leaves runs that are asked to
 * stop: the reconciler gives them entries, and the worker that takes them over ends
 * them.
 */
#include "api/chat_cancels.h"

#include "api/cancels.h"
#include "api/pg_read.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "run/chat_run.h"
#include "store/store_chats.h"

#include <stdio.h>
#include <string.h>

#define REQUESTED "cancellation_requested"

struct chat_cancel {
	struct pg_pool *pool;
	struct cancels *cancels;
	char session_id[IDS_MAX];
	char tenant_id[IDS_MAX]; /* "": whoever's */
	int64_t turn;
	int statement;
	port_cancel_cb cb;
	void *arg;
};

static void over(struct chat_cancel *cancel, enum errors_code error, const char *status)
{
	cancel->cb(cancel->arg, error, status);
	mem_free(cancel);
}

static void on_live_cancelled(void *arg, enum errors_code error, const char *status)
{
	over(arg, error == ERRORS_NO_RUN ? ERRORS_NO_SESSION : error, status);
}

static void on_other_cancelled(void *arg, enum errors_code error, const char *status)
{
	(void)arg;
	(void)status;
	if (error != ERRORS_NONE)
		log_warn("chat.not_cancelled", LOG_S("error", errors_word(error)));
}

static void on_withdrawn(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct chat_cancel *cancel = arg;
	struct store_chat_session session;
	bool live;
	int i, n;

	if (error != ERRORS_NONE) {
		over(cancel, error, NULL);
		return;
	}
	if (!store_chats_session_read(reply, cancel->statement + 2, &session)) {
		over(cancel, ERRORS_NO_SESSION, NULL);
		return;
	}
	FAULT("chat.withdrawn");
	n = store_chats_withdraw_count(reply, cancel->statement);
	for (i = 0; i < n; i++)
		cancels_run(cancel->cancels,
			    store_chats_withdraw_read(reply, cancel->statement, i), NULL,
			    on_other_cancelled, NULL);
	live = session.live_run_id &&
	       (cancel->turn == 0 || cancel->turn == session.live_turn);
	if (live) {
		cancels_run(cancel->cancels, session.live_run_id, NULL, on_live_cancelled,
			    cancel);
	} else if (n) {
		over(cancel, ERRORS_NONE, REQUESTED);
	} else if (cancel->turn) {
		/* it has ended, or is on its way to: its run says how */
		struct str run_id = STR_INIT;

		(void)chat_run_id(&run_id, cancel->session_id, cancel->turn);
		cancels_run(cancel->cancels, str_text(&run_id), NULL, on_live_cancelled,
			    cancel);
		str_deinit(&run_id);
	} else {
		over(cancel, ERRORS_NONE, session.status ? session.status : "idle");
	}
}

static void on_looked(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct chat_cancel *cancel = arg;
	struct store_chat_session session;
	struct pg_batch *batch;

	if (error == ERRORS_NONE &&
	    (!store_chats_session_read(reply, cancel->statement, &session) ||
	     (*cancel->tenant_id && strcmp(session.tenant_id, cancel->tenant_id) != 0)))
		error = ERRORS_NO_SESSION;
	if (error != ERRORS_NONE) {
		over(cancel, error, NULL);
		return;
	}
	batch = pg_batch_new();
	cancel->statement = store_chats_withdraw(batch, cancel->session_id, cancel->turn);
	pg_read(cancel->pool, batch, on_withdrawn, cancel);
}

void chat_cancels_run(struct pg_pool *pool, struct cancels *cancels,
		      const char *session_id, int64_t turn, const char *tenant_id,
		      port_cancel_cb cb, void *arg)
{
	struct chat_cancel *cancel = mem_new(struct chat_cancel);
	struct pg_batch *batch = pg_batch_new();

	cancel->pool = pool;
	cancel->cancels = cancels;
	cancel->turn = turn;
	cancel->cb = cb;
	cancel->arg = arg;
	(void)snprintf(cancel->session_id, sizeof(cancel->session_id), "%s", session_id);
	if (tenant_id)
		(void)snprintf(cancel->tenant_id, sizeof(cancel->tenant_id), "%s",
			       tenant_id);
	cancel->statement = store_chats_session(batch, session_id);
	pg_read(pool, batch, on_looked, cancel);
}
