/*
 * conf_rows.c - the table of options
 *
 * An option exists once, as a row here. Parsing, defaults, range checks, `-T`, the sample
 * file and the manual page's list are read from it. A row names the field of struct conf
 * that it fills; the field's type follows from the kind (conf_rows.h), and
 * tests/unit/test_conf_rows.c holds the two against each other.
 *
 * Two options never share an environment name: "a.b_c" and "a_b.c" would.
 */
#include "conf/conf_rows.h"

#include "base/arena.h"
#include "base/units.h"
#include "conf/conf.h"
#include "conf/conf_env.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const mode_words[] = { "auto", "standalone", "scale", NULL };
static const char *const role_words[] = { "worker", "api", "keeper", NULL };
static const char *const level_words[] = { "error", "warn", "info", "debug", NULL };
static const char *const format_words[] = { "text", "json", NULL };
static const char *const sandbox_words[] = { "required", "off", NULL };
static const char *const index_words[] = { "drop", "keep", NULL };
static const char *const http_schemes[] = { "http", "https", NULL };
static const char *const redis_schemes[] = { "redis", "rediss", "unix", NULL };
static const char *const postgres_schemes[] = { "postgresql", "postgres", NULL };

/* Words are stored by their index. */
static_assert(CONF_MODE_AUTO == 0 && CONF_MODE_STANDALONE == 1 && CONF_MODE_SCALE == 2,
	      "modes");
static_assert(CONF_ROLE_WORKER == 1 && CONF_ROLE_API == 2 && CONF_ROLE_KEEPER == 4,
	      "roles");
static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_DEBUG == 3, "levels");
static_assert(LOG_FORMAT_TEXT == 0 && LOG_FORMAT_JSON == 1, "formats");
static_assert(CONF_STOCK_INDEXES_DROP == 0 && CONF_STOCK_INDEXES_KEEP == 1, "indexes");
static_assert(CONF_SANDBOX_REQUIRED == 0 && CONF_SANDBOX_OFF == 1, "sandbox");

/* A folder that a variable names; relative ones are ignored, as the XDG rules have it. */
static const char *env_dir(const struct conf_inputs *in, const char *name)
{
	const char *dir = conf_env_get(in->env, name);

	return dir && *dir == '/' ? dir : NULL;
}

static const char *user_data_dir(struct arena *arena, const struct conf_inputs *in)
{
	const char *dir = env_dir(in, "XDG_STATE_HOME");

	if (dir)
		return arena_printf(arena, "%s/synapsed", dir);
	dir = env_dir(in, "HOME");
	return dir ? arena_printf(arena, "%s/.local/state/synapsed", dir) : NULL;
}

static const char *user_run_dir(struct arena *arena, const struct conf_inputs *in)
{
	const char *dir = env_dir(in, "XDG_RUNTIME_DIR");

	if (dir)
		return arena_printf(arena, "%s/synapsed", dir);
	return arena_printf(arena, "/tmp/synapsed-%lu", (unsigned long)in->uid);
}

/* The name of the control socket comes behind it and sun_path holds 108 bytes. */
#define RUN_DIR_MAX 80

#define AT(field) offsetof(struct conf, field)
#define SECOND    1000
#define MINUTE    (60 * SECOND)
#define HOUR      (60 * MINUTE)
#define DAY       (24LL * HOUR)
#define KIB       1024LL
#define MIB       (1024 * KIB)

/* clang-format off */
const struct conf_row conf_rows[] = {
	{ "mode", CONF_CHOICE, AT(mode), "auto", 0, 0,
	  .readers = CONF_FOR_API,
	  .what = "standalone: one API child executes runs itself, answers when they are over and "
	  "keeps them in files of data_dir; scale: Redis and Postgres carry them to workers; auto: "
	  "scale where redis.url and postgres.url are set, else standalone",
	  .words = mode_words },
	{ "roles", CONF_SET, AT(roles), "worker,api,keeper", 1, 3,
	  .readers = CONF_FOR_START,
	  .what = "what this host runs: workers that execute runs, the HTTP API, the keeper with "
	  "heartbeats and health",
	  .words = role_words },
	{ "data_dir", CONF_DIR, AT(data_dir), "/var/lib/synapsed", 1, 3000,
	  .readers = CONF_FOR_START,
	  .what = "what outlives a restart: the identity of this host; made if it is missing",
	  .stock = "SYNAPSE_DATA_DIR", .user_def = user_data_dir,
	  .user_def_words = "$XDG_STATE_HOME/synapsed or ~/.local/state/synapsed" },
	{ "run_dir", CONF_DIR, AT(run_dir), "/run/synapsed", 1, RUN_DIR_MAX,
	  .readers = CONF_FOR_START,
	  .what = "what lives as long as the daemon: scoreboard and control socket; made if it is "
	  "missing",
	  .user_def = user_run_dir,
	  .user_def_words = "$XDG_RUNTIME_DIR/synapsed or /tmp/synapsed-<uid>" },
	{ "user", CONF_NAME, AT(user), "", 1, 32,
	  .readers = CONF_FOR_START,
	  .what = "who a daemon that root starts becomes when its sockets are open, by name or number; "
	  "without it synapsed, if the system has that user; root: stay root",
	  .example = "synapsed" },
	{ "group", CONF_NAME, AT(group), "", 1, 32,
	  .readers = CONF_FOR_START,
	  .what = "its group, by name or number; without it the one of the user",
	  .example = "synapsed" },
	{ "control.group", CONF_NAME, AT(control.group), "", 1, 32,
	  .readers = CONF_FOR_START,
	  .what = "whose members may drain, reload and stop the daemon by its control socket, by name "
	  "or number; the user of the daemon must be in it; without it root and that user alone",
	  .example = "synapsed" },
	{ "core_dumps", CONF_BOOL, AT(core_dumps), "false", 0, 0,
	  .readers = CONF_FOR_START,
	  .what = "whether a process that crashes may leave a core file, with all secrets in it, and "
	  "whether others of the same user may trace it" },

	{ "log.level", CONF_CHOICE, AT(log.level), "info", 0, 0,
	  .readers = CONF_FOR_MASTER | CONF_FOR_CHILDREN,
	  .what = "the least important lines that are still written",
	  .words = level_words },
	{ "log.format", CONF_CHOICE, AT(log.format), "text", 0, 0,
	  .readers = CONF_FOR_MASTER | CONF_FOR_CHILDREN,
	  .what = "how a line is written: key=value pairs or one JSON object",
	  .words = format_words },

	{ "drain.deadline", CONF_MS, AT(drain.deadline_ms), "20s", 0, HOUR,
	  .readers = CONF_FOR_MASTER,
	  .what = "how long a draining child may take before it is killed; what it held runs again "
	  "elsewhere" },
	{ "drain.leaf", CONF_MS, AT(drain.leaf_ms), "10s", 0, HOUR,
	  .readers = CONF_FOR_WORKER,
	  .what = "how long a step in flight may take in a drain before it is cut; its run goes "
	  "back, and the step runs again elsewhere" },

	{ "restart.min", CONF_MS, AT(restart.min_ms), "200ms", 1, HOUR,
	  .readers = CONF_FOR_MASTER,
	  .what = "wait before a child that died is started again; doubled with each death in the "
	  "window" },
	{ "restart.max", CONF_MS, AT(restart.max_ms), "30s", 1, HOUR,
	  .readers = CONF_FOR_MASTER,
	  .what = "the longest such wait" },
	{ "restart.window", CONF_MS, AT(restart.window_ms), "60s", SECOND, DAY,
	  .readers = CONF_FOR_MASTER,
	  .what = "deaths longer ago than this are forgotten" },
	{ "restart.ceiling", CONF_COUNT, AT(restart.ceiling), "5", 1, 1000,
	  .readers = CONF_FOR_MASTER,
	  .what = "deaths of one child within the window that make its status degraded" },

	{ "redis.url", CONF_SECRET, AT(redis.url), "", 0, 2048,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "the Redis that carries queue, event streams and heartbeats: "
	  "redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix:///path; "
	  "without it, standalone mode",
	  .words = redis_schemes, .stock = "REDIS_URL",
	  .example = "redis://127.0.0.1:6379/0" },
	{ "redis.connect_timeout", CONF_MS, AT(redis.connect_timeout_ms), "5s", 100, 10 * MINUTE,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "how long connecting may take, TLS and login included" },
	{ "redis.command_timeout", CONF_MS, AT(redis.command_timeout_ms), "2s", 100, 10 * MINUTE,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "how long an answer may take before the connection counts as lost" },
	{ "redis.queue_max", CONF_COUNT, AT(redis.queue_max), "10000", 100, 1000000,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "commands of one connection that may wait for their answers; more are refused" },

	{ "postgres.url", CONF_SECRET, AT(postgres.url), "", 0, 2048,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "the Postgres that holds everything that must not be lost: "
	  "postgresql://[user[:password]@][host][:port]/database[?parameters]; without it, "
	  "standalone mode",
	  .words = postgres_schemes, .stock = "SCALE_POSTGRES_URL",
	  .example = "postgresql://synapse@127.0.0.1:5432/synapse" },
	{ "postgres.connections", CONF_COUNT, AT(postgres.connections), "0", 0, 64,
	  .readers = CONF_FOR_WORKER | CONF_FOR_API,
	  .what = "connections of each worker and of each API child; 0: two of a worker, four of an "
	  "API child, so that a submission waits for no commit of others" },
	{ "postgres.connect_timeout", CONF_MS, AT(postgres.connect_timeout_ms), "5s", 100, 10 * MINUTE,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "how long connecting may take, TLS and login included" },
	{ "postgres.statement_timeout", CONF_MS, AT(postgres.statement_timeout_ms), "10s", 100, HOUR,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "how long a statement may take before the connection counts as lost" },
	{ "postgres.commit_rows", CONF_COUNT, AT(postgres.commit_rows), "256", 1, 10000,
	  .readers = CONF_FOR_WORKER | CONF_FOR_API,
	  .what = "rows of many runs that one grouped commit may write" },
	{ "postgres.pgbouncer", CONF_BOOL, AT(postgres.pgbouncer), "false", 0, 0,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "whether PgBouncer stands before the server in transaction mode, so that nothing "
	  "may be kept in a session",
	  .stock = "PGBOUNCER_MODE", .stock_form = CONF_STOCK_BIT },

	{ "db.stock_indexes", CONF_CHOICE, AT(db.stock_indexes), "drop", 0, 0,
	  .readers = CONF_FOR_KEEPER,
	  .what = "what the first migration does with the five secondary indexes that stock made on "
	  "orchestration_runs; keep them while stock API servers count by status",
	  .words = index_words },

	{ "queue.names", CONF_NAMES, AT(queue.names), "default", 1, 64,
	  .readers = CONF_FOR_CHILDREN,
	  .what = "the queues that workers of this host serve and that new tenants are spread over",
	  .stock = "WORKER_QUEUE_SHARD" },
	{ "queue.poll", CONF_MS, AT(queue.poll_ms), "1s", 10, MINUTE,
	  .readers = CONF_FOR_WORKER,
	  .what = "how often a worker looks for runs when nothing rang the bell" },
	{ "queue.heartbeat_ttl", CONF_MS, AT(queue.heartbeat_ttl_ms), "8s", 100, 10 * MINUTE,
	  .readers = CONF_FOR_WORKER | CONF_FOR_KEEPER | CONF_FOR_CLERK,
	  .what = "a worker whose heartbeat was not refreshed for this long may be declared dead" },
	{ "queue.heartbeat_every", CONF_MS, AT(queue.heartbeat_every_ms), "2s", 20, 5 * MINUTE,
	  .readers = CONF_FOR_KEEPER,
	  .what = "how often heartbeats are refreshed; at most half of queue.heartbeat_ttl" },
	{ "queue.pulse_stale", CONF_MS, AT(queue.pulse_stale_ms), "30s", SECOND, HOUR,
	  .readers = CONF_FOR_MASTER | CONF_FOR_KEEPER | CONF_FOR_WORKER,
	  .what = "a child whose event loop has not turned for this long counts as stuck; of a master "
	  "that stands still so long workers hear, and claim nothing new" },
	{ "queue.max_crashes", CONF_COUNT, AT(queue.max_crashes), "2", 1, 100,
	  .readers = CONF_FOR_KEEPER,
	  .what = "deaths of workers laid to one run that make it a dead letter" },
	{ "queue.quarantine_time", CONF_MS, AT(queue.quarantine_time_ms), "60s", 100, HOUR,
	  .readers = CONF_FOR_WORKER,
	  .what = "how long a suspect runs in the quarantine lane before it is handed back to its own" },
	{ "queue.depth_max", CONF_COUNT, AT(queue.depth_max), "1000000", 1, 100000000,
	  .readers = CONF_FOR_API,
	  .what = "runs that may wait in one queue; more are refused with 503",
	  .stock = "MAX_GLOBAL_QUEUE_DEPTH" },

	{ "limits.rate_per_tenant", CONF_COUNT, AT(limits.rate_per_tenant), "1000", 0, 10000000,
	  .readers = CONF_FOR_API,
	  .what = "runs that one tenant may submit in a second; more are refused with 429; 0: no limit",
	  .stock = "RATE_LIMIT_PER_TENANT_RPS", .stock_form = CONF_STOCK_OFF },
	{ "limits.queued_per_tenant", CONF_COUNT, AT(limits.queued_per_tenant), "1000000", 1, 100000000,
	  .readers = CONF_FOR_API,
	  .what = "runs of one tenant that may wait; more are refused with 429 (stock: 1000)" },
	{ "limits.turns_per_session", CONF_COUNT, AT(limits.turns_per_session), "1000", 1, 1000000,
	  .readers = CONF_FOR_API,
	  .what = "messages of one chat session that may wait behind the turn that is under way; more are refused with 429" },
	{ "limits.default_tenant", CONF_NAME, AT(limits.default_tenant), "default", 1, 64,
	  .readers = CONF_FOR_API,
	  .what = "whose runs are those that come without a tenant",
	  .stock = "DEFAULT_TENANT_ID" },

	{ "worker.processes", CONF_CPUS, AT(worker.processes), "1", 1, 256,
	  .readers = CONF_FOR_WORKER,
	  .what = "worker children of this host; auto: one per core to begin with, then as many as "
	  "what waits needs, from worker.min to worker.max" },
	{ "worker.min", CONF_COUNT, AT(worker.min), "0", 0, 256,
	  .readers = CONF_FOR_MASTER,
	  .what = "fewest worker children; 0: worker.processes, with auto 1" },
	{ "worker.max", CONF_COUNT, AT(worker.max), "0", 0, 256,
	  .readers = CONF_FOR_MASTER,
	  .what = "most worker children; 0: worker.processes, with auto one per core" },
	{ "worker.wait_target", CONF_MS, AT(worker.wait_target_ms), "1s", 1, HOUR,
	  .readers = CONF_FOR_MASTER,
	  .what = "how long an entry may wait before there should be one worker child more" },
	{ "worker.grow_after", CONF_MS, AT(worker.grow_after_ms), "10s", 100, HOUR,
	  .readers = CONF_FOR_MASTER,
	  .what = "how long entries wait longer than that, and the slots of all worker children are "
	  "full, before there is one more; between two steps is half of this time" },
	{ "worker.shrink_after", CONF_MS, AT(worker.shrink_after_ms), "60s", 100, 24 * HOUR,
	  .readers = CONF_FOR_MASTER,
	  .what = "how long worker children are idle before there is one less" },
	{ "worker.slots", CONF_COUNT, AT(worker.slots), "1000", 1, 100000,
	  .readers = CONF_FOR_WORKER,
	  .what = "runs that each worker child may have in flight",
	  .stock = "WORKER_CONCURRENCY" },
	{ "worker.name", CONF_NAME, AT(worker.name), "", 1, 128,
	  .readers = CONF_FOR_START,
	  .what = "the name of this host among all; by default made once from the host name and kept "
	  "in data_dir",
	  .stock = "WORKER_ID", .example = "worker-1" },
	{ "worker.health_listen", CONF_LISTEN, AT(worker.health_listen), "127.0.0.1:9000", 1, 65535,
	  .readers = CONF_FOR_KEEPER,
	  .what = "where the keeper answers /health",
	  .stock = "WORKER_HEALTH_PORT", .stock_form = CONF_STOCK_PORT },

	{ "api.listen", CONF_LISTEN, AT(api.listen), "127.0.0.1:8765", 1, 65535,
	  .readers = CONF_FOR_API,
	  .what = "where the HTTP API listens",
	  .stock = "SYNAPSE_BACKEND_PORT", .stock_form = CONF_STOCK_PORT },
	{ "api.processes", CONF_CPUS, AT(api.processes), "1", 1, 256,
	  .readers = CONF_FOR_API,
	  .what = "API children of this host; auto: one per core" },
	{ "api.body_max", CONF_SIZE, AT(api.body_max_bytes), "1MiB", KIB, 64 * MIB,
	  .readers = CONF_FOR_API,
	  .what = "the largest request body; more is refused with 413" },
	{ "api.bulk_body_max", CONF_SIZE, AT(api.bulk_body_max_bytes), "32MiB", KIB, 1024 * MIB,
	  .readers = CONF_FOR_API,
	  .what = "the same for bulk submission, and for chat messages with images" },
	{ "api.connections", CONF_COUNT, AT(api.connections), "12000", 16, 1000000,
	  .readers = CONF_FOR_API,
	  .what = "connections that each API child keeps open; more are turned away" },
	{ "api.client_connections", CONF_COUNT, AT(api.client_connections), "0", 0, 1000000,
	  .readers = CONF_FOR_API,
	  .what = "connections to an API child from one address (of IPv6 one /64), streams included; "
	  "more are 503; a proxy is one address for all who come by it; 0: half of "
	  "api.connections, and any number from 127.0.0.0/8 and ::1" },
	{ "api.cors_origins", CONF_ORIGINS, AT(api.cors_origins),
	  "http://localhost:3000,http://localhost:5173,http://localhost:8765", 0, 64,
	  .readers = CONF_FOR_API,
	  .what = "origins whose pages may use the API from a browser; *: all; none: none",
	  .stock = "CORS_ORIGINS" },
	{ "api.internal_token", CONF_TOKEN, AT(api.internal_token), "", 8, 256,
	  .readers = CONF_FOR_API,
	  .what = "what the header X-Synapse-Internal must say for settings and synchronising; "
	  "without it those are for programs of this host, and for keys that are bound to no tenant",
	  .stock = "SYNAPSE_INTERNAL_TOKEN", .example = "a-long-random-text" },

	{ "metrics.token", CONF_TOKEN, AT(metrics.token), "", 1, 256,
	  .readers = CONF_FOR_API,
	  .what = "what the header Authorization must say, behind Bearer, for GET /api/v2/metrics; "
	  "without it that is for whoever reaches the server",
	  .stock = "METRICS_TOKEN", .example = "another-long-random-text" },

	{ "definitions.auto_sync", CONF_BOOL, AT(definitions.auto_sync), "false", 0, 0,
	  .readers = CONF_FOR_KEEPER,
	  .what = "whether orchestrations.json and the other files of data_dir go into the store by "
	  "themselves when they change" },

	{ "standalone.runs", CONF_COUNT, AT(standalone.runs), "200", 1, 10000,
	  .readers = CONF_FOR_API,
	  .what = "runs that are executed at the same time in standalone mode" },
	{ "standalone.waiting", CONF_COUNT, AT(standalone.waiting), "1000", 0, 100000,
	  .readers = CONF_FOR_API,
	  .what = "runs that are accepted beyond these and wait; more are refused with 503" },
	{ "standalone.after", CONF_MS, AT(standalone.after_ms), "15s", 1000, DAY,
	  .readers = CONF_FOR_API,
	  .what = "with mode auto: how long Redis or Postgres may be away until requests are "
	  "executed here, if the data folder has orchestrations" },
	{ "standalone.answer", CONF_MS, AT(standalone.answer_ms), "30m", 0, DAY,
	  .readers = CONF_FOR_API,
	  .what = "the longest that a request waits for the end of its run, in standalone mode or "
	  "by /api/v1; then it is answered with 202, and the run goes on" },
	{ "standalone.keep_runs", CONF_COUNT, AT(standalone.keep_runs), "100000", 0, 200000,
	  .readers = CONF_FOR_API,
	  .what = "runs that have ended whose files stay, the newest; with 0 all do" },
	{ "standalone.keep", CONF_MS, AT(standalone.keep_ms), "0", 0, 3650 * DAY,
	  .readers = CONF_FOR_API,
	  .what = "how long the files of ended runs and of turns of conversations stay; with 0 "
	  "for ever" },

	{ "engine.step_timeout", CONF_MS, AT(engine.step_timeout_ms), "300s", SECOND, DAY,
	  .readers = CONF_FOR_WORKER,
	  .what = "how long one step may take if it does not say so itself",
	  .stock = "SYNAPSE_ORCH_STEP_TIMEOUT", .stock_form = CONF_STOCK_SECONDS },
	{ "engine.run_timeout", CONF_MS, AT(engine.run_timeout_ms), "30m", SECOND, 30 * DAY,
	  .readers = CONF_FOR_WORKER | CONF_FOR_API,
	  .what = "how long one run may take if its definition does not say so",
	  .stock = "SYNAPSE_ORCH_GLOBAL_TIMEOUT_MINUTES", .stock_form = CONF_STOCK_MINUTES },
	{ "engine.max_turns", CONF_COUNT, AT(engine.max_turns), "100", 1, 1000000,
	  .readers = CONF_FOR_WORKER,
	  .what = "steps that one run may execute if its definition does not say so, those inside "
	  "parallel steps and loops not counted" },
	{ "engine.max_steps", CONF_COUNT, AT(engine.max_steps), "100000", 1, 10000000,
	  .readers = CONF_FOR_WORKER,
	  .what = "steps that one run may execute in all, those inside parallel steps and loops "
	  "counted; beyond it the run fails" },
	{ "engine.loop_max", CONF_COUNT, AT(engine.loop_max), "10000", 1, 100000,
	  .readers = CONF_FOR_WORKER,
	  .what = "iterations that one loop may have; a loop with more fails" },
	{ "engine.parallel_max", CONF_COUNT, AT(engine.parallel_max), "256", 1, 1000,
	  .readers = CONF_FOR_WORKER,
	  .what = "branches of one parallel step that run at the same time; the others wait" },
	{ "engine.state_max", CONF_SIZE, AT(engine.state_max_bytes), "8MiB", KIB, 256 * MIB,
	  .readers = CONF_FOR_WORKER,
	  .what = "the largest shared state of a run; beyond it the run fails" },
	{ "engine.step_output_max", CONF_SIZE, AT(engine.step_output_max_bytes), "1MiB", KIB, 64 * MIB,
	  .readers = CONF_FOR_WORKER,
	  .what = "the largest output of a step; beyond it the step fails" },
	{ "engine.compact_chars", CONF_COUNT, AT(engine.compact_chars), "80000", 2000, 100000000,
	  .readers = CONF_FOR_WORKER,
	  .what = "characters of an agent's conversation beyond which it is made smaller: its "
	  "oldest tool results go, else its model sums it up" },
	{ "engine.event_max", CONF_SIZE, AT(engine.event_max_bytes), "256KiB", 4 * KIB, 16 * MIB,
	  .readers = CONF_FOR_WORKER | CONF_FOR_API | CONF_FOR_KEEPER,
	  .what = "the largest event of a run; beyond it long texts are cut, state and history are "
	  "left out, and the event says truncated: true" },

	{ "llm.model", CONF_WORD, AT(llm.model), "", 1, 128,
	  .readers = CONF_FOR_WORKER | CONF_FOR_API,
	  .what = "the model of steps that name none, and whose agent names none; without it such "
	  "steps are refused",
	  .example = "oaic.llama-3.1-8b" },
	{ "llm.openai_compatible.base_url", CONF_SECRET, AT(llm.oaic_base_url), "", 0, 2048,
	  .readers = CONF_FOR_WORKER,
	  .what = "the OpenAI-compatible server that answers models named oaic.<name>, with or "
	  "without /v1 at its end; without it steps with such a model fail",
	  .words = http_schemes, .stock = "OPENAI_COMPATIBLE_BASE_URL",
	  .example = "http://127.0.0.1:8000/v1" },
	{ "llm.openai_compatible.key", CONF_TOKEN, AT(llm.oaic_key), "", 1, 4096,
	  .readers = CONF_FOR_WORKER,
	  .what = "the key that is sent to that server as a bearer token, if it wants one",
	  .stock = "OPENAI_COMPATIBLE_KEY", .example = "the-key-of-the-server" },
	{ "llm.timeout", CONF_MS, AT(llm.timeout_ms), "180s", 100, HOUR,
	  .readers = CONF_FOR_WORKER,
	  .what = "how long a provider may send nothing before an attempt counts as failed",
	  .stock = "SYNAPSE_LLM_TIMEOUT", .stock_form = CONF_STOCK_SECONDS },
	{ "llm.connect_timeout", CONF_MS, AT(llm.connect_timeout_ms), "10s", 100, 10 * MINUTE,
	  .readers = CONF_FOR_WORKER,
	  .what = "how long connecting to a provider may take, name and TLS included" },
	{ "llm.attempts", CONF_COUNT, AT(llm.attempts), "5", 1, 20,
	  .readers = CONF_FOR_WORKER,
	  .what = "how often one call is sent at most, when the provider is busy or the connection "
	  "breaks and the step still has time" },
	{ "llm.connections", CONF_COUNT, AT(llm.connections), "1000", 1, 100000,
	  .readers = CONF_FOR_WORKER,
	  .what = "calls that each worker child may have on the wire at the same time; more wait" },

	{ "tools.http_timeout", CONF_MS, AT(tools.http_timeout_ms), "30s", 100, HOUR,
	  .readers = CONF_FOR_WORKER,
	  .what = "how long one request of a custom tool may take",
	  .stock = "SYNAPSE_HTTP_TOOL_TIMEOUT", .stock_form = CONF_STOCK_SECONDS },
	{ "tools.connections", CONF_COUNT, AT(tools.connections), "1000", 1, 100000,
	  .readers = CONF_FOR_WORKER,
	  .what = "requests of custom tools that each worker child may have on the wire at the "
	  "same time; more wait" },
	{ "egress.allow", CONF_NETS, AT(egress.allow), "none", 0, 64,
	  .readers = CONF_FOR_WORKER,
	  .what = "networks that requests of custom tools may go to beside public addresses; "
	  "without it this host, private networks and metadata services are out of reach" },

	{ "sandbox", CONF_CHOICE, AT(sandbox), "required", 0, 0,
	  .readers = CONF_FOR_WORKER,
	  .what = "what stands around the Python of definitions: required: the walls of bubblewrap, "
	  "and where those do not stand steps with code fail; off: only limits, the code can do "
	  "what the daemon's user can",
	  .words = sandbox_words },
	{ "python.path", CONF_DIR, AT(python.path), "/usr/bin/python3", 1, 1000,
	  .readers = CONF_FOR_WORKER,
	  .what = "the interpreter that executes it, with the standard library alone" },
	{ "python.bubblewrap", CONF_DIR, AT(python.bubblewrap), "/usr/bin/bwrap", 1, 1000,
	  .readers = CONF_FOR_WORKER,
	  .what = "the program that makes the walls" },
	{ "python.processes", CONF_COUNT, AT(python.processes), "4", 1, 60,
	  .readers = CONF_FOR_WORKER,
	  .what = "interpreters of each worker child at the same time, each executing one call; "
	  "they are made when they are needed" },
	{ "python.waiting", CONF_COUNT, AT(python.waiting), "10000", 1, 1000000,
	  .readers = CONF_FOR_WORKER,
	  .what = "calls of each worker child that may wait for one; beyond it steps fail" },
	{ "python.calls", CONF_COUNT, AT(python.calls), "1000", 1, 1000000000,
	  .readers = CONF_FOR_WORKER,
	  .what = "calls that an interpreter answers before another one takes its place" },
	{ "python.memory", CONF_SIZE, AT(python.memory_bytes), "512MiB", 64 * MIB, 64 * 1024 * MIB,
	  .readers = CONF_FOR_WORKER,
	  .what = "address space of an interpreter; code that wants more gets a MemoryError" },

	{ "events.ttl", CONF_MS, AT(events.ttl_ms), "3600s", 10 * SECOND, 30 * DAY,
	  .readers = CONF_FOR_WORKER | CONF_FOR_API | CONF_FOR_KEEPER | CONF_FOR_CLERK,
	  .what = "how long the event stream of a run stays in Redis after its last entry",
	  .stock = "PUBSUB_EVENT_TTL", .stock_form = CONF_STOCK_SECONDS },
	{ "events.memory", CONF_SIZE, AT(events.memory_bytes), "0", 0, (int64_t)1 << 42,
	  .readers = CONF_FOR_CLERK,
	  .what = "while Redis uses more than this, the streams of ended runs stay for less and less "
	  "long, 10s at least; 0: three quarters of its maxmemory, if it has one" },
	{ "events.client_buffer", CONF_SIZE, AT(events.client_buffer_bytes), "1MiB", 64 * KIB, 256 * MIB,
	  .readers = CONF_FOR_API,
	  .what = "events that may wait for one client of a run's stream; one that reads more slowly is "
	  "cut off, and goes on behind the last event it has" },
};
/* clang-format on */
const size_t conf_rows_count = sizeof(conf_rows) / sizeof(conf_rows[0]);

bool conf_rows_secret(const struct conf_row *row)
{
	return row->kind == CONF_SECRET || row->kind == CONF_TOKEN;
}

const struct conf_row *conf_rows_find(const char *key)
{
	size_t i;

	for (i = 0; i < conf_rows_count; i++)
		if (strcmp(conf_rows[i].key, key) == 0)
			return &conf_rows[i];
	return NULL;
}

bool conf_rows_is_group(const char *key)
{
	size_t i, len = strlen(key);

	for (i = 0; i < conf_rows_count; i++)
		if (strncmp(conf_rows[i].key, key, len) == 0 &&
		    conf_rows[i].key[len] == '.')
			return true;
	return false;
}

char *conf_rows_env(const struct conf_row *row, char *buf)
{
	const char *from = row->key;
	char *to = buf + strlen(CONF_ENV);

	assert(strlen(CONF_ENV) + strlen(row->key) < CONF_ENV_MAX);
	memcpy(buf, CONF_ENV, strlen(CONF_ENV));
	for (; *from; from++)
		*to++ = *from == '.' ? '_' : (char)toupper((unsigned char)*from);
	*to = '\0';
	return buf;
}
