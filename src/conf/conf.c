/*
 * conf.c - the configuration: load, check, show
 *
 *   defaults -> conf_saved -> conf_yaml -> conf_credentials -> conf_env -> --set
 *        \          \            \              \               \          \
 *         `----------`------------`--------------`---------------`----------`
 *                                        conf_build_set -> conf_value_set: the later wins
 *
 * Strings, lists and sources live in one arena beside the struct. After conf_load()
 * nothing writes to it: a child has the memory of the master that forked it, and a
 * changed configuration is another struct.
 */
#include "conf/conf.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf_box.h"
#include "conf/conf_build.h"
#include "conf/conf_credentials.h"
#include "conf/conf_env.h"
#include "conf/conf_rows.h"
#include "conf/conf_saved.h"
#include "conf/conf_value.h"
#include "conf/conf_yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct conf_box *box_of(const struct conf *conf)
{
	return (const struct conf_box *)(const void *)conf; /* its first member */
}

static void set_default(struct conf_build *build, const struct conf_row *row)
{
	const char *text = row->def;
	struct err err;

	build->sources[row - conf_rows] = "default";
	if (row->user_def && build->in->uid != 0) {
		text = row->user_def(build->arena, build->in);
		if (!text || conf_value_set(row, text, build->conf, build->arena,
					    build->in->cores, &err) < 0) {
			/* wrong only if nobody sets the option: check_unset() */
			build->sources[row - conf_rows] = NULL;
			text = row->def;
		}
	}
	if (conf_value_set_default(row, text, build->conf, build->arena, build->in->cores,
				   &err) < 0)
		conf_errors_add(build->errors, "default", "%s: %s", row->key, err.text);
}

/* Options for which the environment was to say the default, and did not. */
static void check_unset(struct conf_build *build)
{
	size_t i;

	for (i = 0; i < conf_rows_count; i++)
		if (!build->sources[i])
			conf_errors_add(build->errors, "default",
					"%s: the environment names no usable folder "
					"(%s); set it",
					conf_rows[i].key, conf_rows[i].user_def_words);
}

/* What people wrote down. */
static void read_written(struct conf_build *build)
{
	if (build->in->path)
		conf_yaml_read(build);
	conf_credentials_read(build);
	conf_env_read(build);
	conf_env_read_sets(build);
}

/*
 * Where is what was saved? The readers that come behind it say so: they run once before,
 * into a struct of no use, and what is wrong is told the second time.
 */
static const char *find_data_dir(const struct conf_build *build)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_build look = *build;
	struct conf conf;
	size_t i;

	memset(&conf, 0, sizeof(conf));
	look.conf = &conf;
	look.errors = &errors;
	look.sources = arena_new_n(build->arena, const char *, conf_rows_count);
	for (i = 0; i < conf_rows_count; i++)
		set_default(&look, &conf_rows[i]);
	read_written(&look);
	conf_errors_deinit(&errors);
	return conf.data_dir;
}

struct conf *conf_load_rest(const struct conf_inputs *in, struct conf_errors *errors)
{
	struct conf_box *box = mem_new(struct conf_box);
	struct conf_build build;
	size_t i, before = errors->count;

	arena_init(&box->arena);
	box->sources = arena_new_n(&box->arena, const char *, conf_rows_count);
	build = (struct conf_build){
		.in = in,
		.conf = &box->conf,
		.arena = &box->arena,
		.sources = box->sources,
		.errors = errors,
	};
	box->conf.stores_away = in->stores_away;
	for (i = 0; i < conf_rows_count; i++)
		set_default(&build, &conf_rows[i]);
	conf_saved_read(&build, find_data_dir(&build));
	read_written(&build);
	if (errors->count == before)
		check_unset(&build);
	for (i = 0; i < conf_rows_count; i++)
		if (!build.sources[i])
			build.sources[i] = "default";
	return &box->conf;
}

int conf_load(const struct conf_inputs *in, struct conf **ret, struct conf_errors *errors)
{
	size_t before = errors->count;
	struct conf *conf = conf_load_rest(in, errors);

	if (errors->count != before) {
		conf_free(conf);
		return ERR_INPUT;
	}
	*ret = conf;
	return 0;
}

void conf_free(const struct conf *conf)
{
	struct arena arena;

	if (!conf)
		return;
	arena = box_of(conf)->arena;
	mem_free(conf);
	arena_deinit(&arena);
}

const char *conf_source(const struct conf *conf, const char *key)
{
	const struct conf_row *row = conf_rows_find(key);

	assert(row);
	return box_of(conf)->sources[row - conf_rows];
}

/* Blame one option for how it goes with another. */
static void add_conflict(const struct conf *conf, struct conf_errors *errors,
			 const char *key, const char *relation, const char *other)
{
	struct str value = STR_INIT, bound = STR_INIT;

	conf_value_add(conf_rows_find(key), conf, &value);
	conf_value_add(conf_rows_find(other), conf, &bound);
	conf_errors_add(errors, conf_source(conf, key),
			"%s (%s) must %s %s (%s, from %s)", key, str_text(&value),
			relation, other, str_text(&bound), conf_source(conf, other));
	str_deinit(&value);
	str_deinit(&bound);
}

static void check_url(struct conf_errors *errors, const char *key, const char *url)
{
	const struct conf_row *row = conf_rows_find(key);
	char env[CONF_ENV_MAX];

	if (!*url)
		conf_errors_add(errors, "configuration",
				"%s is not set; set it in the file, by %s or by %s", key,
				row->stock, conf_rows_env(row, env));
}

bool conf_has_stores(const struct conf *conf)
{
	return *conf->redis.url && *conf->postgres.url;
}

bool conf_is_standalone(const struct conf *conf)
{
	switch (conf->mode) {
	case CONF_MODE_STANDALONE:
		return true;
	case CONF_MODE_SCALE:
		return false;
	case CONF_MODE_AUTO:
		break;
	}
	return !conf_has_stores(conf) || conf->stores_away;
}

const char *conf_waits_for(const struct conf *conf)
{
	if (conf->mode != CONF_MODE_AUTO || !conf_is_standalone(conf))
		return NULL;
	if (conf_has_stores(conf))
		switch (conf->stores_away) {
		case 1:
			return "waiting for Redis: it does not answer";
		case 2:
			return "waiting for Postgres: it does not answer";
		default:
			return "waiting for Redis and Postgres: they do not answer";
		}
	if (*conf->redis.url)
		return "waiting for Postgres: redis.url is set, postgres.url is not";
	if (*conf->postgres.url)
		return "waiting for Redis: postgres.url is set, redis.url is not";
	return NULL;
}

/* Without stores all that can run is an API child that executes runs itself. */
static void check_mode(const struct conf *conf, struct conf_errors *errors)
{
	if (conf_has_stores(conf))
		return;
	if (conf_is_standalone(conf) && (conf->roles & CONF_ROLE_API))
		return;
	check_url(errors, "redis.url", conf->redis.url);
	check_url(errors, "postgres.url", conf->postgres.url);
}

/* Two listeners on one port: a wildcard address takes it on every other. */
static bool same_port(const struct conf_listen *a, const struct conf_listen *b)
{
	static const char *const any[] = { "0.0.0.0", "::" };
	size_t i;

	if (a->port != b->port)
		return false;
	for (i = 0; i < 2; i++)
		if (strcmp(a->host, any[i]) == 0 || strcmp(b->host, any[i]) == 0)
			return true;
	return strcmp(a->host, b->host) == 0;
}

int conf_check(const struct conf *conf, struct conf_errors *errors)
{
	size_t before = errors->count;

	check_mode(conf, errors);
	if (conf->restart.min_ms > conf->restart.max_ms)
		add_conflict(conf, errors, "restart.min", "not be above", "restart.max");
	if (conf->worker.min && conf->worker.max && conf->worker.min > conf->worker.max)
		add_conflict(conf, errors, "worker.min", "not be above", "worker.max");
	/* a number is meant as it stands; auto is what may be bent */
	if (!conf->worker.processes.automatic &&
	    conf->worker.min > conf->worker.processes.n)
		add_conflict(conf, errors, "worker.min", "not be above",
			     "worker.processes");
	if (!conf->worker.processes.automatic && conf->worker.max &&
	    conf->worker.max < conf->worker.processes.n)
		add_conflict(conf, errors, "worker.max", "not be below",
			     "worker.processes");
	if (conf->queue.heartbeat_every_ms > conf->queue.heartbeat_ttl_ms / 2)
		add_conflict(conf, errors, "queue.heartbeat_every", "be at most half of",
			     "queue.heartbeat_ttl");
	if (conf->api.body_max_bytes > conf->api.bulk_body_max_bytes)
		add_conflict(conf, errors, "api.body_max", "not be above",
			     "api.bulk_body_max");
	if ((conf->roles & CONF_ROLE_API) && (conf->roles & CONF_ROLE_KEEPER) &&
	    same_port(&conf->api.listen, &conf->worker.health_listen))
		add_conflict(conf, errors, "api.listen", "not share a port with",
			     "worker.health_listen");
	return errors->count == before ? 0 : ERR_INPUT;
}

void conf_dump(const struct conf *conf, struct str *out)
{
	struct str value = STR_INIT;
	size_t i;

	for (i = 0; i < conf_rows_count; i++) {
		str_reset(&value, 4096);
		conf_value_add(&conf_rows[i], conf, &value);
		str_printf(out, "%s = %s  # %s\n", conf_rows[i].key,
			   value.len ? str_text(&value) : "(not set)",
			   conf_source(conf, conf_rows[i].key));
	}
	str_deinit(&value);
}

const char *conf_find_path(const char *flag)
{
	extern char **environ;
	const char *path;

	if (flag)
		return flag;
	path = conf_env_get((const char *const *)environ, "SYNAPSED_CONF");
	if (path)
		return path;
	/* One that is there and may not be seen is an error when it is opened. */
	if (access(CONF_DEFAULT_PATH, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	return CONF_DEFAULT_PATH;
}
