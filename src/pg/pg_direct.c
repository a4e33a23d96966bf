/*
 * pg_direct.c - a connection that blocks, for what runs without a loop
 *
 * Migrations are many statements in one text, which pipeline mode does not take, and run
 * where no loop is: in the command line and before a child's loop starts. libpq's own
 * blocking calls know no deadline, so this polls its descriptor and hands on what it
 * says.
 */
#include "pg/pg_direct.h"

#include "base/clock.h"
#include "base/embed.h"
#include "base/log.h"
#include "pg/pg_conninfo.h"
#include "pg/pg_state.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* Wait until the connection can do what events say. */
static int wait_for(const struct pg_direct *direct, short events, int64_t due_mono_ms,
		    struct err *err)
{
	struct pollfd pfd = { .fd = PQsocket(direct->conn), .events = events };
	int64_t left;
	int rc;

	do {
		left = due_mono_ms - clock_mono_ms();
		if (left <= 0)
			return err_set(err, ERR_TIMEOUT,
				       "Postgres did not answer in time");
		rc = poll(&pfd, 1, left > 1000000 ? 1000000 : (int)left);
	} while (rc == 0 || (rc < 0 && errno == EINTR));
	if (rc < 0)
		return err_errno(err, "poll");
	return 0;
}

static int conn_error(const struct pg_direct *direct, int code, struct err *err)
{
	char message[400];

	pg_conninfo_message(message, sizeof(message), PQerrorMessage(direct->conn));
	return err_set(err, code, "%s", *message ? message : "the connection broke");
}

static void on_notice(void *arg, const PGresult *result)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	char clean[400];

	(void)arg;
	pg_conninfo_message(clean, sizeof(clean), text ? text : "");
	if (severity && strcmp(severity, "WARNING") == 0)
		log_warn("pg.warning", LOG_S("text", clean));
	else
		log_debug("pg.notice", LOG_S("text", clean));
}

int pg_direct_open(struct pg_direct *direct, const char *url, int64_t connect_timeout_ms,
		   int64_t deadline_ms, struct err *err)
{
	struct pg_conninfo info = { .count = 0 };
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	int64_t due;
	int rc;

	direct->due_mono_ms = clock_mono_ms() + deadline_ms;
	due = clock_mono_ms() + connect_timeout_ms;
	if (due > direct->due_mono_ms)
		due = direct->due_mono_ms;
	rc = pg_conninfo_init(&info, url, NULL, NULL, err);
	if (rc < 0)
		goto out;
	direct->conn =
		PQconnectStartParams(info.keywords, (const char *const *)info.values, 0);
	if (!direct->conn) {
		rc = err_set(err, ERR_CONN, "connect: no memory");
		goto out;
	}
	(void)PQsetNoticeReceiver(direct->conn, on_notice, NULL);
	if (PQstatus(direct->conn) == CONNECTION_BAD)
		status = PGRES_POLLING_FAILED;
	while (rc == 0 && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
		rc = wait_for(direct, status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			      due, err);
		if (rc == 0)
			status = PQconnectPoll(direct->conn);
	}
	if (rc == ERR_TIMEOUT) /* nobody is there; a time that is over is a statement's */
		rc = err_set(err, ERR_CONN, "connect: Postgres does not answer");
	if (rc == 0 && status == PGRES_POLLING_FAILED)
		rc = conn_error(direct, ERR_CONN, err);
	if (rc == 0)
		rc = pg_conninfo_check_version(PQserverVersion(direct->conn), err);
	if (rc == 0 && PQsetnonblocking(direct->conn, 1) != 0)
		rc = conn_error(direct, ERR_CONN, err);
out:
	pg_conninfo_deinit(&info);
	return rc;
}

int64_t pg_direct_left_ms(const struct pg_direct *direct)
{
	int64_t left = direct->due_mono_ms - clock_mono_ms();

	return left > 0 ? left : 1;
}

void pg_direct_close(struct pg_direct *direct)
{
	if (direct->conn)
		PQfinish(direct->conn);
	direct->conn = NULL;
}

/* Send what is in libpq's buffer; the server may want us to read meanwhile. */
static int flush(struct pg_direct *direct, struct err *err)
{
	int rc;

	while ((rc = PQflush(direct->conn)) == 1) {
		rc = wait_for(direct, POLLIN | POLLOUT, direct->due_mono_ms, err);
		if (rc < 0)
			return rc;
		if (!PQconsumeInput(direct->conn))
			return conn_error(direct, ERR_CONN, err);
	}
	return rc < 0 ? conn_error(direct, ERR_CONN, err) : 0;
}

static int result_error(const PGresult *result, struct err *err)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	char message[400], state[PG_SQLSTATE_SIZE];

	if (sqlstate) {
		pg_conninfo_message(message, sizeof(message), text ? text : "");
		pg_state_copy(state, sqlstate);
		return err_set(err, ERR_REFUSED, "%s (%s)", message, state);
	}
	pg_conninfo_message(message, sizeof(message), PQresultErrorMessage(result));
	return err_set(err, ERR_CONN, "%s", message);
}

/* Read all results of what was sent. The first failure counts; the last rows are *ret. */
static int read_results(struct pg_direct *direct, PGresult **ret, struct err *err)
{
	PGresult *result, *last = NULL;
	int rc = 0, wait_rc;

	for (;;) {
		while (PQisBusy(direct->conn)) {
			wait_rc = wait_for(direct, POLLIN, direct->due_mono_ms, err);
			if (wait_rc == 0 && !PQconsumeInput(direct->conn))
				wait_rc = conn_error(direct, ERR_CONN, err);
			if (wait_rc < 0) {
				PQclear(last);
				return wait_rc;
			}
		}
		result = PQgetResult(direct->conn);
		if (!result)
			break;
		if (rc == 0 && PQresultStatus(result) != PGRES_COMMAND_OK &&
		    PQresultStatus(result) != PGRES_TUPLES_OK &&
		    PQresultStatus(result) != PGRES_EMPTY_QUERY)
			rc = result_error(result, err);
		PQclear(last);
		last = result;
	}
	if (rc == 0 && ret)
		*ret = last;
	else
		PQclear(last);
	return rc;
}

int pg_direct_script(struct pg_direct *direct, const struct embed *sql, struct err *err)
{
	int rc = 0;

	if (!PQsendQuery(direct->conn, sql->text))
		rc = conn_error(direct, ERR_CONN, err);
	if (rc == 0)
		rc = flush(direct, err);
	if (rc == 0)
		rc = read_results(direct, NULL, err);
	return rc < 0 ? err_wrap(err, "%s", sql->name) : 0;
}

int pg_direct_query(struct pg_direct *direct, const struct embed *sql,
		    const char *const *values, int count, PGresult **ret, struct err *err)
{
	int rc = 0;

	if (!PQsendQueryParams(direct->conn, sql->text, count, NULL, values, NULL, NULL,
			       0))
		rc = conn_error(direct, ERR_CONN, err);
	if (rc == 0)
		rc = flush(direct, err);
	if (rc == 0)
		rc = read_results(direct, ret, err);
	return rc < 0 ? err_wrap(err, "%s", sql->name) : 0;
}
