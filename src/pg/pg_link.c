/*
 * pg_link.c - one connection on the loop, one batch at a time
 *
 *   down        the backoff timer is armed
 *   connecting  PQconnectPoll at each readiness; libpq may change the descriptor between
 *               two polls (another address, TLS refused): the watcher is set each time
 *   idle        in pipeline mode, nothing under way
 *   busy        a batch is under way
 *
 * A batch goes out as: for each statement a prepare, unless this connection has it, and
 * an execute; then one sync. Without BEGIN the server runs all up to the sync as one
 * implicit transaction and commits at the sync. (With BEGIN and COMMIT an error would
 * skip the COMMIT and leave the session in a failed transaction.) Each command answers
 * with its results and a NULL, the sync with a result of its own and no NULL.
 *
 * What an outcome rests on:
 *   committed   the sync was answered and no command failed
 *   rejected    a command failed with severity ERROR: the transaction is gone, whatever
 *               happens to the connection afterwards. FATAL is not enough: a server that
 *               is told to stop while it waits for its standby has committed already
 *   unsent      the sync, which is the last thing sent, was still in our buffer: a
 *               server that never saw it rolls back
 *   unknown     all else
 *
 * A lost connection shows late: PQconsumeInput may succeed on what the server said before
 * it closed. So results are drained at each readiness, and a FATAL result, an error of
 * class 08 or 57P, or PQstatus tell.
 *
 * Name resolution inside PQconnectStart blocks the loop; libpq knows no other way.
 */
#include "pg/pg_link.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"
#include "pg/pg_batch.h"
#include "pg/pg_conninfo.h"
#include "pg/pg_result.h"
#include "pg/pg_sql.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

enum link_state {
	LINK_DOWN,
	LINK_CONNECTING,
	LINK_IDLE,
	LINK_BUSY,
};

/* One answer that the server owes us. */
struct expect {
	int statement; /* index in the batch; -1: the session's settings */
	bool prepare;
};

struct pg_link {
	struct ev_loop *loop;
	struct pg_link_options options;
	const struct pg_link_ops *ops;
	void *arg;
	enum link_state state;
	PGconn *conn;
	ev_io io;
	ev_timer timer; /* down: next try; connecting: its limit; busy: the deadline */
	ev_prepare fed; /* never started: ev_feed_event makes it a call of this turn */
	struct backoff backoff;
	struct rng rng;
	struct map prepared; /* name -> its embed: what this connection has */

	/* the batch under way */
	struct pg_batch *batch;
	struct pg_reply reply;
	int reply_room;
	struct expect *expects;
	int expect_count, expect_room, expect_at;
	bool answered;             /* expects[expect_at] has had a result */
	bool sync_put;             /* the sync is in libpq's buffer */
	bool flushed;              /* and that buffer is empty */
	bool read;                 /* since the sync was put: reading sends as well */
	struct pg_outcome failure; /* the first error; fate PG_COMMITTED: none */
	bool reconnect;            /* the session must not be used again */
	struct err broken;         /* code != 0: sending failed, told from `fed` */
};

static void link_connect(struct pg_link *link);
static void on_io(struct ev_loop *loop, ev_io *w, int revents);

/* ---- connection ---- */

static void forget_prepared(struct pg_link *link)
{
	map_deinit(&link->prepared);
	map_init(&link->prepared);
}

static void arm(struct pg_link *link, int64_t wait_ms)
{
	ev_timer_stop(link->loop, &link->timer);
	ev_timer_set(&link->timer, wait_ms > 0 ? (double)wait_ms / 1000.0 : 0.0, 0.0);
	ev_timer_start(link->loop, &link->timer);
}

static void close_conn(struct pg_link *link)
{
	/* the watcher first: its descriptor is libpq's, which closes it */
	ev_io_stop(link->loop, &link->io);
	ev_timer_stop(link->loop, &link->timer);
	if (link->conn)
		PQfinish(link->conn);
	link->conn = NULL;
	forget_prepared(link);
}

static void clear_reply(struct pg_link *link)
{
	int i;

	for (i = 0; i < link->reply.count; i++) {
		PQclear(link->reply.results[i]);
		link->reply.results[i] = NULL;
	}
	link->reply.count = 0;
	link->expect_count = link->expect_at = 0;
	link->answered = false;
}

/* The batch's end, whatever the link's state is now. */
static void finish(struct pg_link *link, const struct pg_outcome *outcome)
{
	struct pg_reply reply = link->reply;
	PGresult **results = link->reply.results;
	int room = link->reply_room, i;

	/* done may send the next batch: it must find an empty reply */
	link->batch = NULL;
	link->reply = (struct pg_reply){ .count = 0 };
	link->reply_room = 0;
	link->ops->done(link->arg, link, outcome,
			outcome->fate == PG_COMMITTED ? &reply : NULL);
	for (i = 0; i < reply.count; i++)
		PQclear(results[i]);
	if (link->reply.results) {
		mem_free(results);
	} else {
		link->reply.results = results;
		link->reply_room = room;
		memset(results, 0, (size_t)room * sizeof(PGresult *));
	}
}

/* The connection is unusable: end what is under way and arm the next try. */
static void lost(struct pg_link *link, const struct err *why, bool at_once)
{
	bool was_up = link->state == LINK_IDLE || link->state == LINK_BUSY;
	bool was_busy = link->state == LINK_BUSY;
	struct pg_outcome outcome = { .fate = PG_UNKNOWN, .statement = -1 };

	link->broken.code = 0;
	link->state = LINK_DOWN;
	close_conn(link);
	if (was_up)
		backoff_reset(&link->backoff);
	arm(link, at_once ? 0 : backoff_next(&link->backoff, &link->rng));
	if (was_busy) {
		if (link->failure.fate == PG_REJECTED) {
			outcome = link->failure;
		} else {
			outcome.fate = link->sync_put && (link->flushed || link->read)
					       ? PG_UNKNOWN
					       : PG_UNSENT;
			outcome.cls = PG_CLASS_CONNECTION;
			memcpy(outcome.sqlstate, link->failure.sqlstate,
			       sizeof(outcome.sqlstate));
			outcome.err = *why;
		}
		finish(link, &outcome);
	}
	link->ops->down(link->arg, link, was_up, why);
}

static void lost_conn(struct pg_link *link, const char *doing)
{
	char message[400];
	struct err why;

	pg_conninfo_message(message, sizeof(message), PQerrorMessage(link->conn));
	(void)err_set(&why, ERR_CONN, "%s: %s", doing,
		      *message ? message : "the server closed the connection");
	lost(link, &why, false);
}

static void connected(struct pg_link *link)
{
	struct err why;

	if (pg_conninfo_check_version(PQserverVersion(link->conn), &why) < 0) {
		lost(link, &why, false);
		return;
	}
	if (PQsetnonblocking(link->conn, 1) != 0 ||
	    PQenterPipelineMode(link->conn) != 1) {
		lost_conn(link, "enter pipeline mode");
		return;
	}
	ev_timer_stop(link->loop, &link->timer);
	backoff_reset(&link->backoff);
	link->state = LINK_IDLE;
	ev_io_set(&link->io, PQsocket(link->conn), EV_READ);
	ev_io_start(link->loop, &link->io);
	link->ops->up(link->arg, link);
}

static void connect_poll(struct pg_link *link)
{
	PostgresPollingStatusType status;

	ev_io_stop(link->loop, &link->io);
	status = PQconnectPoll(link->conn);
	switch (status) {
	case PGRES_POLLING_READING:
	case PGRES_POLLING_WRITING:
		ev_io_set(&link->io, PQsocket(link->conn),
			  status == PGRES_POLLING_READING ? EV_READ : EV_WRITE);
		ev_io_start(link->loop, &link->io);
		break;
	case PGRES_POLLING_OK:
		connected(link);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE: /* no longer used by libpq */
		lost_conn(link, "connect");
		break;
	}
}

static void on_notice(void *arg, const PGresult *result)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char clean[400];

	(void)arg;
	pg_conninfo_message(clean, sizeof(clean), text ? text : "");
	log_debug("pg.notice", LOG_S("text", clean));
}

static void link_connect(struct pg_link *link)
{
	const struct pg_conninfo *info = link->options.conninfo;
	struct err why;

	link->conn = PQconnectStartParams(info->keywords,
					  (const char *const *)info->values, 0);
	link->state = LINK_CONNECTING;
	if (!link->conn) {
		(void)err_set(&why, ERR_CONN, "connect: no memory");
		lost(link, &why, false);
		return;
	}
	(void)PQsetNoticeReceiver(link->conn, on_notice, NULL);
	if (PQstatus(link->conn) == CONNECTION_BAD) {
		lost_conn(link, "connect");
		return;
	}
	arm(link, link->options.connect_timeout_ms);
	/* before the first poll libpq wants to be treated as if it had said "writing" */
	ev_io_set(&link->io, PQsocket(link->conn), EV_WRITE);
	ev_io_start(link->loop, &link->io);
}

/* ---- batch ---- */

static void expect(struct pg_link *link, int statement, bool prepare)
{
	if (link->expect_count == link->expect_room) {
		link->expect_room = link->expect_room ? link->expect_room * 2 : 16;
		link->expects = mem_resize(link->expects, (size_t)link->expect_room *
								  sizeof(*link->expects));
	}
	link->expects[link->expect_count++] = (struct expect){ statement, prepare };
}

/* The protocol counts parameters in 16 bits; ours are columns. */
#define PARAMS_MAX 64

struct params {
	Oid types[PARAMS_MAX];
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX];
	int formats[PARAMS_MAX];
	int count;
};

static void load_params(struct params *to, struct pg_batch *batch, int statement)
{
	struct pg_param param;
	int i;

	to->count = pg_batch_param_count(batch, statement);
	assert(to->count <= PARAMS_MAX);
	for (i = 0; i < to->count; i++) {
		param = pg_batch_param(batch, statement, i);
		to->types[i] = param.type;
		to->values[i] = param.bytes;
		to->lengths[i] = param.len;
		to->formats[i] = 1;
	}
}

static bool send_session(struct pg_link *link)
{
	const char *values[2];
	char statement_ms[24], lock_ms[24];

	(void)snprintf(statement_ms, sizeof(statement_ms), "%" PRId64,
		       link->options.statement_timeout_ms);
	(void)snprintf(lock_ms, sizeof(lock_ms), "%" PRId64,
		       link->options.lock_timeout_ms);
	values[0] = statement_ms;
	values[1] = lock_ms;
	expect(link, -1, false);
	return PQsendQueryParams(link->conn, pg_sql_texts[PG_SQL_PG_SESSION].text, 2,
				 NULL, values, NULL, NULL, 0);
}

static bool already_expected(const struct pg_link *link, const struct embed *sql)
{
	int i;

	for (i = 0; i < link->expect_count; i++) {
		if (link->expects[i].prepare &&
		    pg_batch_sql(link->batch, link->expects[i].statement) == sql)
			return true;
	}
	return false;
}

static bool send_statement(struct pg_link *link, int statement)
{
	const struct embed *sql = pg_batch_sql(link->batch, statement);
	struct params p;

	load_params(&p, link->batch, statement);
	if (link->options.pgbouncer) {
		expect(link, statement, false);
		return PQsendQueryParams(link->conn, sql->text, p.count, p.types,
					 p.values, p.lengths, p.formats, 0);
	}
	if (!map_get(&link->prepared, sql->name, strlen(sql->name)) &&
	    !already_expected(link, sql)) {
		expect(link, statement, true);
		if (!PQsendPrepare(link->conn, sql->name, sql->text, p.count, p.types))
			return false;
	}
	expect(link, statement, false);
	return PQsendQueryPrepared(link->conn, sql->name, p.count, p.values, p.lengths,
				   p.formats, 0);
}

/* False: the connection is lost. */
static bool flush(struct pg_link *link)
{
	int rc = PQflush(link->conn);
	int events = rc == 1 ? EV_READ | EV_WRITE : EV_READ;

	if (rc < 0)
		return false;
	if (rc == 0 && link->sync_put && !link->flushed) {
		link->flushed = true;
		FAULT_OF("pg.sent", pg_batch_sql(link->batch, 0)->name);
	}
	if ((link->io.events & (EV_READ | EV_WRITE)) != events) {
		ev_io_stop(link->loop, &link->io);
		ev_io_set(&link->io, PQsocket(link->conn), events);
		ev_io_start(link->loop, &link->io);
	}
	return true;
}

static bool send_all(struct pg_link *link)
{
	int i, count = pg_batch_count(link->batch);

	if (link->options.pgbouncer && !send_session(link))
		return false;
	for (i = 0; i < count; i++) {
		if (!send_statement(link, i))
			return false;
	}
	if (!PQpipelineSync(link->conn))
		return false;
	link->sync_put = true;
	return flush(link);
}

void pg_link_send(struct pg_link *link, struct pg_batch *batch, int64_t due_mono_ms)
{
	int count = pg_batch_count(batch);

	assert(link->state == LINK_IDLE && count > 0);
	link->state = LINK_BUSY;
	link->batch = batch;
	link->failure = (struct pg_outcome){ .fate = PG_COMMITTED, .statement = -1 };
	link->sync_put = link->flushed = link->read = link->reconnect = false;
	link->expect_count = link->expect_at = 0;
	link->answered = false;
	if (link->reply_room < count) {
		link->reply.results = mem_resize(link->reply.results,
						 (size_t)count * sizeof(PGresult *));
		link->reply_room = count;
	}
	memset(link->reply.results, 0, (size_t)link->reply_room * sizeof(PGresult *));
	link->reply.count = count;
	arm(link, due_mono_ms - clock_mono_ms());
	if (send_all(link))
		return;
	(void)err_set(&link->broken, ERR_CONN, "send: %s", "the connection broke");
	pg_conninfo_message(link->broken.text, sizeof(link->broken.text),
			    PQerrorMessage(link->conn));
	ev_feed_event(link->loop, &link->fed, EV_CUSTOM);
}

static const char *field(const PGresult *result, int code)
{
	const char *text = PQresultErrorField(result, code);

	return text ? text : "";
}

/* A command failed. The first failure is the batch's. */
static void note_error(struct pg_link *link, const PGresult *result, int statement)
{
	struct pg_outcome *failure = &link->failure;
	const char *sqlstate = failure->sqlstate;
	const char *severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	char text[400];

	if (failure->fate == PG_REJECTED)
		return;
	pg_state_copy(failure->sqlstate, field(result, PG_DIAG_SQLSTATE));
	pg_conninfo_message(text, sizeof(text), field(result, PG_DIAG_MESSAGE_PRIMARY));
	failure->statement = statement;
	failure->cls = pg_state_class(sqlstate);
	if (strcmp(field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0)
		failure->cls = PG_CLASS_UNAVAILABLE; /* the schema moved under a plan */
	(void)err_set(&failure->err, ERR_REFUSED, "%s%s%s (%s)",
		      statement >= 0 ? pg_batch_sql(link->batch, statement)->name : "",
		      statement >= 0 ? ": " : "", text, sqlstate);
	if (!*sqlstate || strcmp(severity, "ERROR") != 0 || pg_state_is_loss(sqlstate)) {
		link->reconnect = true; /* said by libpq itself, FATAL or PANIC */
		return;
	}
	failure->fate = PG_REJECTED;
	if (failure->cls == PG_CLASS_UNAVAILABLE &&
	    (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0 ||
	     strcmp(sqlstate, "25006") == 0 || strncmp(sqlstate, "0A", 2) == 0))
		link->reconnect = true;
}

static void note_prepared(struct pg_link *link, int statement)
{
	const struct embed *sql = pg_batch_sql(link->batch, statement);
	union { /* the map's values are not const; this one is never written through */
		const struct embed *in;
		void *out;
	} value = { .in = sql };

	(void)map_put(&link->prepared, sql->name, strlen(sql->name), value.out);
}

/* A result that is not the sync's. Takes it. */
static void take_result(struct pg_link *link, PGresult *result)
{
	const struct expect *e;

	if (link->expect_at >= link->expect_count) {
		link->reconnect = true; /* an answer that nobody asked for */
		PQclear(result);
		return;
	}
	e = &link->expects[link->expect_at];
	link->answered = true;
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		if (e->prepare) {
			note_prepared(link, e->statement);
		} else if (e->statement >= 0) {
			PQclear(link->reply.results[e->statement]);
			link->reply.results[e->statement] = result;
			return;
		}
		break;
	case PGRES_PIPELINE_ABORTED:
		break;
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
		note_error(link, result, e->statement);
		break;
	case PGRES_EMPTY_QUERY:
	case PGRES_COPY_OUT:
	case PGRES_COPY_IN:
	case PGRES_COPY_BOTH:
	case PGRES_NONFATAL_ERROR:
	case PGRES_SINGLE_TUPLE:
	case PGRES_PIPELINE_SYNC:
		link->failure.err.code = ERR_PROTO;
		link->reconnect = true;
		break;
	}
	PQclear(result);
}

/* The sync was answered: the batch is over. False: the link went down with it. */
static bool synced(struct pg_link *link)
{
	struct pg_outcome outcome = link->failure;
	struct err why;
	int i;

	if (link->expect_at != link->expect_count ||
	    PQtransactionStatus(link->conn) != PQTRANS_IDLE)
		link->reconnect =
			true; /* a reply is missing, or a statement said BEGIN */
	for (i = 0; i < link->reply.count && outcome.fate == PG_COMMITTED; i++) {
		if (!link->reply.results[i])
			link->reconnect = true;
	}
	if (link->reconnect && outcome.fate == PG_COMMITTED) {
		(void)err_set(&why, ERR_PROTO, "the server's replies do not fit: %s",
			      outcome.err.text);
		lost(link, &why, false);
		return false;
	}
	if (link->reconnect) {
		why = outcome.err;
		lost(link, &why, true);
		return false;
	}
	ev_timer_stop(link->loop, &link->timer);
	link->state = LINK_IDLE;
	finish(link, &outcome);
	return link->state == LINK_IDLE || link->state == LINK_BUSY;
}

/* Read all that is there. False: the link went down. */
static bool drain(struct pg_link *link)
{
	PGresult *result;

	while (!PQisBusy(link->conn)) {
		result = PQgetResult(link->conn);
		if (!result) {
			/* NULL closes one command, or says that there is nothing more */
			if (link->state == LINK_BUSY && link->answered) {
				link->answered = false;
				link->expect_at++;
				continue;
			}
			break;
		}
		if (link->state != LINK_BUSY) {
			/* nothing was asked: the server says good-bye */
			PQclear(result);
			lost_conn(link, "connection lost");
			return false;
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			if (!synced(link))
				return false;
			continue;
		}
		take_result(link, result);
		if (link->reconnect && PQstatus(link->conn) == CONNECTION_BAD)
			break;
	}
	return true;
}

/* What a FATAL said is a better reason than what the socket says after it. */
static void lost_reading(struct pg_link *link)
{
	struct err why;

	if (link->state == LINK_BUSY && link->failure.sqlstate[0] &&
	    link->failure.fate == PG_COMMITTED) {
		why = link->failure.err;
		why.code = ERR_CONN;
		lost(link, &why, false);
		return;
	}
	lost_conn(link, "connection lost");
}

static void on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct pg_link *link = w->data;

	(void)loop;
	if (link->state == LINK_CONNECTING) {
		connect_poll(link);
		return;
	}
	/* PQconsumeInput sends what is left, the sync too: had it broken behind that, the
	 * batch may be in */
	link->read = link->read || ((revents & EV_READ) && link->sync_put);
	if ((revents & EV_READ) && !PQconsumeInput(link->conn)) {
		/* an error that came before the end is still to be read */
		if (drain(link))
			lost_reading(link);
		return;
	}
	if (!drain(link))
		return;
	if (PQstatus(link->conn) == CONNECTION_BAD || !flush(link))
		lost_reading(link);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pg_link *link = w->data;
	struct err why;

	(void)loop;
	(void)revents;
	switch (link->state) {
	case LINK_DOWN:
		link_connect(link);
		break;
	case LINK_CONNECTING:
		(void)err_set(&why, ERR_TIMEOUT,
			      "connect: no answer within %" PRId64 " ms",
			      link->options.connect_timeout_ms);
		lost(link, &why, false);
		break;
	case LINK_BUSY:
		(void)err_set(&why, ERR_TIMEOUT, "no answer within the deadline");
		lost(link, &why, false);
		break;
	case LINK_IDLE:
		break;
	}
}

static void on_fed(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct pg_link *link = w->data;
	struct err why = link->broken;

	(void)loop;
	(void)revents;
	if (link->state == LINK_BUSY && why.code)
		lost(link, &why, false);
}

struct pg_link *pg_link_new(struct ev_loop *loop, const struct pg_link_options *options,
			    const struct pg_link_ops *ops, void *arg)
{
	struct pg_link *link = mem_new(struct pg_link);

	link->loop = loop;
	link->options = *options;
	link->ops = ops;
	link->arg = arg;
	ev_init(&link->io, on_io);
	ev_init(&link->timer, on_timer);
	ev_prepare_init(&link->fed, on_fed);
	link->io.data = link->timer.data = link->fed.data = link;
	backoff_init(&link->backoff, options->backoff_min_ms, options->backoff_max_ms);
	rng_seed(&link->rng, rng_u64());
	map_init(&link->prepared);
	arm(link, 0);
	return link;
}

void pg_link_free(struct pg_link *link, bool *sent)
{
	if (!link)
		return;
	*sent = link->state == LINK_BUSY && link->sync_put &&
		(link->flushed || link->read) && link->failure.fate == PG_COMMITTED;
	ev_clear_pending(link->loop, &link->fed);
	close_conn(link);
	clear_reply(link);
	map_deinit(&link->prepared);
	mem_free(link->reply.results);
	mem_free(link->expects);
	mem_free(link);
}

bool pg_link_idle(const struct pg_link *link)
{
	return link->state == LINK_IDLE;
}
