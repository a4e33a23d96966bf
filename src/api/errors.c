/*
 * errors.c - every refusal of the API
 *
 * One table. The codes are an interface: clients branch on them, the sentences may
 * change. A 503 that says Retry-After is one that goes away by itself.
 */
#include "api/errors.h"

#include "base/jsonw.h"
#include "base/str.h"
#include "server/response.h"

#include <assert.h>

struct row {
	int status;
	int retry_after_sec; /* 0: no such header */
	const char *word;
	const char *detail;
};

/* clang-format off */
static const struct row rows[ERRORS_COUNT] = {
	[ERRORS_NONE] = { 200, 0, "none", "no error" },
	[ERRORS_NOT_FOUND] = { 404, 0, "not_found", "Not Found" },
	[ERRORS_METHOD] = { 405, 0, "method_not_allowed", "Method Not Allowed" },
	[ERRORS_NO_KEY] = { 401, 0, "not_authenticated", "Not authenticated" },
	[ERRORS_BAD_KEY] = { 401, 0, "invalid_key", "Invalid or revoked API key" },
	[ERRORS_TENANT] = { 403, 0, "tenant_forbidden",
		"this API key belongs to another tenant" },
	[ERRORS_CROSS_SITE] = { 403, 0, "cross_site",
		"a request with the page's cookie needs the header X-Synapse-Page" },
	[ERRORS_NO_ORCHESTRATION] = { 404, 0, "orchestration_not_found",
		"Orchestration not found" },
	[ERRORS_NO_AGENT] = { 404, 0, "agent_not_found", "Agent not found" },
	[ERRORS_NO_RUN] = { 404, 0, "run_not_found", "Run not found" },
	[ERRORS_NO_LETTER] = { 404, 0, "dead_letter_not_found", "Dead letter not found" },
	[ERRORS_NO_QUEUE] = { 404, 0, "queue_not_found", "Queue not found" },
	[ERRORS_NO_SCHEDULE] = { 404, 0, "schedule_not_found", "Schedule not found" },
	[ERRORS_NO_WORKER] = { 404, 0, "worker_not_found", "Worker not found" },
	[ERRORS_WORKER_AWAY] = { 409, 0, "worker_away", "the worker is not online" },
	[ERRORS_NO_API_KEY] = { 404, 0, "key_not_found", "there is no active key with this id" },
	[ERRORS_SCHEDULE_EXISTS] = { 409, 0, "schedule_exists",
		"there is a schedule with this id" },
	[ERRORS_SCALE_ONLY] = { 409, 0, "scale_only",
		"only scale mode has this: name both stores (redis.url and postgres.url, or "
		"Settings, Scale on the page)" },
	[ERRORS_NO_SESSION] = { 404, 0, "session_not_found", "Session not found" },
	[ERRORS_CHAT_BUSY] = { 409, 0, "session_busy",
		"a turn of this session is under way, and on_busy is reject" },
	[ERRORS_CHAT_FULL] = { 429, 5, "session_full",
		"too many turns of this session are waiting" },
	[ERRORS_NO_DEFINITION] = { 404, 0, "definition_not_found", "Definition not found" },
	[ERRORS_EXISTS] = { 409, 0, "definition_exists",
		"there is a definition with this id already" },
	[ERRORS_CHANGED] = { 412, 0, "version_changed",
		"another version is there now" },
	[ERRORS_FORBIDDEN] = { 403, 0, "forbidden", "Forbidden" },
	[ERRORS_NO_URL] = { 400, 0, "url_missing", "a URL is needed" },
	[ERRORS_NO_BUCKET] = { 400, 0, "bucket_missing", "a bucket is needed" },
	[ERRORS_NO_AGENTS] = { 400, 0, "no_agents", "there is no agent" },
	[ERRORS_NO_ADDRESS] = { 400, 0, "worker_without_address",
		"the worker has told no address" },
	[ERRORS_PINNED] = { 409, 0, "setting_pinned",
		"the value is given by the command line, the environment or the file" },
	[ERRORS_NOT_APPLIED] = { 409, 0, "settings_not_applied",
		"the settings did not come up, and those before are in force" },
	[ERRORS_MISMATCH] = { 409, 0, "idempotency_mismatch",
		"this Idempotency-Key was used with another body" },
	[ERRORS_NOT_FAILED] = { 409, 0, "run_not_failed",
		"only a run that failed or was cancelled is resumed so" },
	[ERRORS_NOT_ENDED] = { 409, 0, "run_not_ended", "the run has not ended" },
	[ERRORS_ENDED] = { 409, 0, "run_ended", "the run has ended" },
	[ERRORS_RESOLVED] = { 409, 0, "dead_letter_resolved",
		"the dead letter is resolved" },
	[ERRORS_NOT_WAITING] = { 409, 0, "run_not_waiting",
		"the run waits for no answer" },
	[ERRORS_NO_CHECKPOINT] = { 409, 0, "checkpoint_missing",
		"a stock program left this run, and what it had done is neither in its row nor "
		"in orchestration_runs/<run id>.json of this host's data folder" },
	[ERRORS_AMBIGUOUS] = { 409, 0, "ambiguous",
		"several questions of this run are open: say which one by step_id, its "
		"step's id or its path" },
	[ERRORS_NO_STEP] = { 422, 0, "step_not_found",
		"the definition of this run has no such step" },
	[ERRORS_VALIDATION] = { 422, 0, "validation_failed", "the request is not valid" },
	[ERRORS_DEFINITION] = { 422, 0, "definition_invalid",
		"the orchestration's definition cannot be executed" },
	[ERRORS_RATE] = { 429, 1, "rate_limited",
		"Rate limit exceeded: too many runs per second for this tenant" },
	[ERRORS_TENANT_FULL] = { 429, 30, "tenant_queue_full",
		"Tenant quota exceeded: too many runs of this tenant are queued" },
	[ERRORS_DEPTH] = { 503, 60, "queue_full",
		"Queue is at capacity, try again later" },
	[ERRORS_REDIS] = { 503, 5, "redis_unavailable",
		"Scale mode is not enabled: Redis connection not available" },
	[ERRORS_POSTGRES] = { 503, 5, "postgres_unavailable",
		"Postgres connection not available" },
	[ERRORS_DISK] = { 503, 5, "storage_unavailable",
		"the folder of this host's runs takes no writes" },
	[ERRORS_UNKNOWN] = { 503, 5, "outcome_unknown",
		"it is not known whether the run was accepted: ask again with the same "
		"Idempotency-Key" },
	[ERRORS_BUSY] = { 503, 1, "server_busy", "too much is waiting, try again" },
	[ERRORS_DRAINING] = { 503, 1, "draining", "this server is leaving, try again" },
	[ERRORS_INTERNAL] = { 500, 0, "internal_error", "Internal Server Error" },
};
/* clang-format on */

/* In an API child: what is said of stores that are away. */
static errors_outlook outlook_cb;
static void *outlook_arg;

void errors_set_outlook(errors_outlook outlook, void *arg)
{
	outlook_cb = outlook;
	outlook_arg = arg;
}

static void add_outlook(struct str *out, int *retry_after_sec)
{
	struct str outlook = STR_INIT;

	if (outlook_cb && outlook_cb(outlook_arg, &outlook, retry_after_sec))
		str_printf(out, ": %s", str_text(&outlook));
	str_deinit(&outlook);
}

void errors_add_outlook(struct str *out)
{
	int retry_after_sec = 0;

	add_outlook(out, &retry_after_sec);
}

int errors_status(enum errors_code code)
{
	return rows[code].status;
}

const char *errors_word(enum errors_code code)
{
	return rows[code].word;
}

const char *errors_detail(enum errors_code code)
{
	return rows[code].detail;
}

static void add_headers(struct request *req, enum errors_code code, int retry_after_sec)
{
	if (rows[code].status == 401)
		response_header(req, "WWW-Authenticate", "Bearer");
	if (retry_after_sec > 0)
		response_header_int(req, "Retry-After", retry_after_sec);
}

void errors_send(struct request *req, enum errors_code code, const char *detail)
{
	int retry_after_sec = rows[code].retry_after_sec;
	struct str body = STR_INIT, text = STR_INIT;
	struct jsonw w;

	assert(code != ERRORS_NONE);
	str_add_text(&text, detail ? detail : rows[code].detail);
	if (code == ERRORS_REDIS || code == ERRORS_POSTGRES)
		add_outlook(&text, &retry_after_sec);
	add_headers(req, code, retry_after_sec);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "detail", str_text(&text));
	jsonw_pair_text(&w, "code", rows[code].word);
	jsonw_object_end(&w);
	response_json(req, rows[code].status, &body);
	str_deinit(&text);
}

void errors_send_json(struct request *req, enum errors_code code, const char *json,
		      size_t len)
{
	struct str body = STR_INIT;
	struct jsonw w;

	add_headers(req, code, rows[code].retry_after_sec);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_raw(&w, "detail", json, len);
	jsonw_pair_text(&w, "code", rows[code].word);
	jsonw_object_end(&w);
	response_json(req, rows[code].status, &body);
}
