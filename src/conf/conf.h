/* conf.h - the configuration: one struct, frozen once it is loaded */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/log.h"
#include "conf/conf_errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bits of conf->roles: what this host runs. */
enum conf_role {
	CONF_ROLE_WORKER = 1,
	CONF_ROLE_API = 2,
	CONF_ROLE_KEEPER = 4,
};

enum conf_mode {
	CONF_MODE_AUTO, /* scale where both stores are named, else standalone */
	CONF_MODE_STANDALONE,
	CONF_MODE_SCALE,
};

enum conf_sandbox {
	CONF_SANDBOX_REQUIRED,
	CONF_SANDBOX_OFF,
};

enum conf_stock_indexes {
	CONF_STOCK_INDEXES_DROP,
	CONF_STOCK_INDEXES_KEEP,
};

struct conf_names {
	const char *const *items; /* count distinct names */
	size_t count;
};

struct conf_listen {
	char host[46]; /* numeric, IPv4 or IPv6 without brackets */
	uint16_t port; /* 1..65535 */
};

/* A number of processes. */
struct conf_cpus {
	int64_t n;
	bool automatic; /* `auto` was written: n is the number of cores */
};

struct str;

/*
 * The effective configuration: every field holds a checked value. One row of the table in
 * conf_rows.c per field; the units are part of the names. Strings are never NULL and live
 * as long as the struct. The master loads it before it forks; children inherit the memory
 * and nobody writes to it.
 */
struct conf {
	enum conf_mode mode;  /* conf_is_standalone() says what it comes to */
	unsigned stores_away; /* no option: conf_inputs has it from what runs */
	unsigned roles;       /* enum conf_role, or-ed; at least one */
	const char *data_dir;
	const char *run_dir;
	const char *user;  /* that root becomes; "": master/privileges.h */
	const char *group; /* "": the user's own */
	bool core_dumps;   /* and whether others of our user may look into us */
	struct {
		const char *group; /* whose members may ask the daemon; "": nobody's */
	} control;
	struct {
		enum log_level level;
		enum log_format format;
	} log;
	struct {
		int64_t deadline_ms;
		int64_t leaf_ms;
	} drain;
	struct {
		int64_t min_ms;
		int64_t max_ms;
		int64_t window_ms;
		int64_t ceiling; /* deaths within the window before `degraded` */
	} restart;
	struct {
		const char *url; /* holds a secret; "": not set */
		int64_t connect_timeout_ms;
		int64_t command_timeout_ms;
		int64_t queue_max; /* commands waiting per connection */
	} redis;
	struct {
		const char *url;     /* holds a secret; "": not set */
		int64_t connections; /* per child */
		int64_t connect_timeout_ms;
		int64_t statement_timeout_ms;
		int64_t commit_rows; /* rows per grouped statement */
		bool pgbouncer;
	} postgres;
	struct {
		enum conf_stock_indexes stock_indexes;
	} db;
	struct {
		struct conf_names names; /* at least one, [A-Za-z0-9_.-]{1,64} */
		int64_t poll_ms;
		int64_t heartbeat_ttl_ms;
		int64_t heartbeat_every_ms;
		int64_t pulse_stale_ms;
		int64_t max_crashes; /* deaths laid to a run that end it */
		int64_t quarantine_time_ms;
		int64_t depth_max; /* waiting jobs of one queue */
	} queue;
	struct {
		int64_t rate_per_tenant;   /* accepted runs per second; 0: no limit */
		int64_t queued_per_tenant; /* for tenants without a row of their own */
		int64_t turns_per_session; /* of a chat, behind the live one */
		const char *default_tenant;
	} limits;
	struct {
		bool auto_sync; /* data_dir's files go into the store when they change */
	} definitions;
	struct {
		struct conf_cpus processes;
		int64_t min; /* processes; 0: not set */
		int64_t max; /* processes; 0: not set */
		int64_t wait_target_ms;
		int64_t grow_after_ms;
		int64_t shrink_after_ms;
		int64_t slots;    /* runs in flight per child */
		const char *name; /* "": made by the master and kept in data_dir */
		struct conf_listen health_listen;
	} worker;
	struct {
		struct conf_listen listen;
		struct conf_cpus processes;
		int64_t body_max_bytes;
		int64_t bulk_body_max_bytes;
		int64_t connections;            /* open at the same time, per child */
		int64_t client_connections;     /* of those from one address; 0: half */
		struct conf_names cors_origins; /* "http://host:port"; may be none */
		const char *internal_token;     /* secret; "": loopback alone */
	} api;
	struct {
		const char *token; /* secret; "": whoever asks */
	} metrics;
	struct {
		int64_t runs;    /* executed at the same time */
		int64_t waiting; /* accepted beyond these */
		int64_t answer_ms;
		int64_t after_ms; /* that a store is away, with mode auto */
		int64_t keep_runs;
		int64_t keep_ms;
	} standalone;
	struct {
		int64_t step_timeout_ms;
		int64_t run_timeout_ms;
		int64_t max_turns; /* steps of one run, on its own path */
		int64_t max_steps; /* on all its paths */
		int64_t loop_max;
		int64_t parallel_max;
		int64_t state_max_bytes;
		int64_t step_output_max_bytes;
		int64_t compact_chars;
		int64_t event_max_bytes;
	} engine;
	struct {
		const char *model;         /* of steps without one; "": none */
		const char *oaic_base_url; /* may hold a secret; "": not set */
		const char *oaic_key;      /* secret; "": none is sent */
		int64_t timeout_ms;        /* without a byte of an answer */
		int64_t connect_timeout_ms;
		int64_t attempts;
		int64_t connections; /* per worker child */
	} llm;
	struct {
		int64_t http_timeout_ms;
		int64_t connections; /* per worker child */
	} tools;
	struct {
		struct conf_names allow; /* networks; may be none */
	} egress;
	enum conf_sandbox sandbox;
	struct {
		const char *path;
		const char *bubblewrap;
		int64_t processes; /* per worker child */
		int64_t waiting;   /* likewise */
		int64_t calls;     /* of one interpreter */
		int64_t memory_bytes;
	} python;
	struct {
		int64_t ttl_ms;       /* a run's event stream after its last entry */
		int64_t memory_bytes; /* 0: by Redis' maxmemory */
		int64_t client_buffer_bytes; /* that may wait for a stream's client */
	} events;
};

/* Everything that conf_load() reads. All borrowed for the call. */
struct conf_inputs {
	const char *path;        /* the YAML file; NULL: none */
	const char *const *sets; /* "key=value" from the command line; later ones win */
	size_t set_count;
	const char *const *env; /* NULL-terminated "NAME=value"; NULL: empty */
	uid_t uid;              /* chooses the default folders */
	int cores;              /* what `auto` means; at least 1 */
	unsigned stores_away; /* that are named and do not answer: 1 Redis, 2 Postgres */
};

/*
 * Read, in the order in which the later wins: defaults, what the page has saved, file,
 * credentials, environment, command line.
 * All errors are found in one go. Returns 0 and sets *ret, which the caller owns
 * (conf_free), or ERR_INPUT with at least one error; *ret is then untouched.
 */
int conf_load(const struct conf_inputs *in, struct conf **ret,
	      struct conf_errors *errors);
/*
 * What can be read of a configuration that may be wrong, for whoever looks for the daemon
 * and does not run it: an option without a good value has its default. The caller's.
 */
struct conf *conf_load_rest(const struct conf_inputs *in, struct conf_errors *errors);
void conf_free(const struct conf *conf);

/*
 * What one option alone does not show: needed ones that are missing, values that
 * contradict each other. For whoever runs the daemon or opens the stores. 0 or ERR_INPUT.
 */
int conf_check(const struct conf *conf, struct conf_errors *errors);

/* Are both stores named? Then this host's workers, keeper and clerk run, whatever `mode`
 * says of new requests. */
bool conf_has_stores(const struct conf *conf);
/* Are requests executed in the API child, and kept in files? */
bool conf_is_standalone(const struct conf *conf);
/* Why it is so although it might be otherwise: "waiting for Postgres: ..."; NULL: because
 * that is meant. Static. */
const char *conf_waits_for(const struct conf *conf);

/* Append "key = value  # source" per option; secrets are redacted. */
void conf_dump(const struct conf *conf, struct str *out);

/*
 * Where an option's value comes from: "default", "saved settings ...",
 * "FILE:LINE:COLUMN", "credential
 * PATH", "environment variable NAME", "command line". Borrowed; key must exist.
 */
const char *conf_source(const struct conf *conf, const char *key);

/* The file to read: the flag, $SYNAPSED_CONF, CONF_DEFAULT_PATH if it exists, or NULL. */
#define CONF_DEFAULT_PATH "/etc/synapsed/synapsed.yaml"
const char *conf_find_path(const char *flag);

#endif
