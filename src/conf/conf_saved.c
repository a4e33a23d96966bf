/*
 * conf_saved.c - options that were saved from the page
 *
 * Above the defaults and below everything that a person wrote down: who sets an option
 * in the file or the environment pins it. Two files of data_dir. settings.json is
 * stock's own, so what its settings page saved counts here as well; it belongs to this
 * host, and connections are in it. fleet_settings.json is what the keeper of this host
 * last fetched from Postgres, and it is here so that a host starts with it while
 * Postgres is away.
 *
 * A verb of somebody who may not read the folder goes without: the daemon itself owns it.
 */
#include "conf/conf_saved.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf_build.h"
#include "conf/conf_errors.h"
#include "conf/conf_rows.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SOURCE "saved settings "

static const struct {
	const char *stock;
	const char *option;
	enum conf_saved_scope scope;
} names[] = {
	{ "redis_url", "redis.url", CONF_SAVED_FOR_HOST },
	{ "scale_postgres_url", "postgres.url", CONF_SAVED_FOR_HOST },
	{ "pgbouncer_mode", "postgres.pgbouncer", CONF_SAVED_FOR_HOST },
	{ "metrics_token", "metrics.token", CONF_SAVED_FOR_HOST },
	{ "worker_concurrency", "worker.slots", CONF_SAVED_FOR_FLEET },
	{ "max_global_queue_depth", "queue.depth_max", CONF_SAVED_FOR_FLEET },
	{ "rate_limit_per_tenant_rps", "limits.rate_per_tenant", CONF_SAVED_FOR_FLEET },
	{ "scale_auto_sync", "definitions.auto_sync", CONF_SAVED_FOR_FLEET },
};

#define NAMES (sizeof(names) / sizeof(*names))

/* Beside those of the table: what differs from host to host by its nature. */
static const char *const of_hosts[] = {
	"mode",       "api.listen", "worker.health_listen", "worker.processes",
	"worker.min", "worker.max", "api.processes"
};

enum conf_saved_scope conf_saved_scope(const struct conf_row *row)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		if (strcmp(names[i].option, row->key) == 0)
			return names[i].scope;
	if ((row->readers & CONF_FOR_START) || conf_rows_secret(row))
		return CONF_SAVED_NOT;
	/* what may be reached and what walls stand is for who owns the machine */
	if (strncmp(row->key, "egress.", 7) == 0 || strcmp(row->key, "sandbox") == 0 ||
	    strncmp(row->key, "python.", 7) == 0 ||
	    strcmp(row->key, "api.cors_origins") == 0)
		return CONF_SAVED_NOT;
	for (i = 0; i < sizeof(of_hosts) / sizeof(*of_hosts); i++)
		if (strcmp(of_hosts[i], row->key) == 0)
			return CONF_SAVED_FOR_HOST;
	return CONF_SAVED_FOR_FLEET;
}

const char *conf_saved_stock(const struct conf_row *row)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		if (strcmp(names[i].option, row->key) == 0)
			return names[i].stock;
	return NULL;
}

const struct conf_row *conf_saved_find(const char *stock)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		if (strcmp(names[i].stock, stock) == 0)
			return conf_rows_find(names[i].option);
	return NULL;
}

int conf_saved_pins(const char *source)
{
	return strcmp(source, "default") != 0 &&
	       strncmp(source, SOURCE, strlen(SOURCE)) != 0;
}

/* A value as text; "": there is none. Stock writes bare numbers and truth. */
static void print_value(const struct conf_row *row, const struct json *value,
			struct str *out)
{
	if (jsonr_text(value))
		str_add(out, jsonr_text(value), jsonr_text_len(value));
	else if (jsonr_type(value) == JSONR_INT && jsonr_int(value) < 0 &&
		 row->stock_form == CONF_STOCK_OFF)
		str_add_char(out, '0'); /* stock: zero and less are off */
	else if (jsonr_type(value) != JSONR_NULL)
		jsonr_print(value, out);
}

static void set_value(struct conf_build *build, const struct conf_row *row,
		      const struct json *value, const char *where)
{
	struct str text = STR_INIT;

	print_value(row, value, &text);
	if (text.len && strlen(str_text(&text)) == text.len)
		conf_build_set(build, row, str_text(&text), where);
	str_deinit(&text);
}

/* Members by the options' own names. */
static void set_ours(struct conf_build *build, const struct json *object,
		     const char *where)
{
	struct jsonr_iter it;

	if (jsonr_type(object) != JSONR_OBJECT)
		return;
	it = jsonr_iter(object);
	while (jsonr_next(&it)) {
		const struct conf_row *row = conf_rows_find(it.key);

		/* one of a later version, or gone: what is saved outlives an upgrade */
		if (row && conf_saved_scope(row) != CONF_SAVED_NOT)
			set_value(build, row, it.value, where);
	}
}

/* The document in a file of the folder; NULL: it is not there, or told of. */
static struct json *read_file(struct conf_build *build, const char *data_dir,
			      const char *name, struct str *where)
{
	struct json *doc = NULL;
	struct str path = STR_INIT;
	char *text = NULL;
	struct err err;
	size_t len;
	int rc;

	str_printf(&path, "%s/%s", data_dir, name);
	str_printf(where, SOURCE "%s", str_text(&path));
	if (access(str_text(&path), R_OK) < 0 && (errno == EACCES || errno == EPERM)) {
		str_deinit(&path);
		return NULL;
	}
	rc = fdutil_read_file(str_text(&path), CONF_SAVED_MAX, &text, &len, &err);
	if (rc == 0) {
		rc = jsonr_parse(text, len, &doc, NULL, NULL, &err);
		if (rc == 0 && jsonr_type(doc) != JSONR_OBJECT)
			rc = err_set(&err, ERR_INPUT, "an object is expected");
		mem_wipe(text, len);
		mem_free(text);
	}
	if (rc < 0 && rc != ERR_NOT_FOUND)
		conf_errors_add(build->errors, str_text(where), "%s", err.text);
	str_deinit(&path);
	if (rc < 0) {
		jsonr_free(doc);
		return NULL;
	}
	return doc;
}

static void read_host(struct conf_build *build, const char *data_dir)
{
	struct str where = STR_INIT;
	struct json *doc = read_file(build, data_dir, CONF_SAVED_HOST, &where);
	size_t i;

	for (i = 0; doc && i < NAMES; i++) {
		const struct conf_row *row = conf_rows_find(names[i].option);

		if (row)
			set_value(build, row, jsonr_get(doc, names[i].stock),
				  str_text(&where));
	}
	set_ours(build, jsonr_get(doc, CONF_SAVED_OURS), str_text(&where));
	jsonr_free(doc);
	str_deinit(&where);
}

static void read_fleet(struct conf_build *build, const char *data_dir)
{
	struct str where = STR_INIT;
	struct json *doc = read_file(build, data_dir, CONF_SAVED_FLEET, &where);

	if (doc) {
		str_reset(&where, 1024);
		str_printf(&where, SOURCE "of the fleet, version %lld",
			   (long long)jsonr_get_int(doc, "version", 0));
		set_ours(build, jsonr_get(doc, "settings"), str_text(&where));
	}
	jsonr_free(doc);
	str_deinit(&where);
}

void conf_saved_read(struct conf_build *build, const char *data_dir)
{
	if (!*data_dir)
		return;
	read_host(build, data_dir);
	read_fleet(build, data_dir);
}
