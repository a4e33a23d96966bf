/*
 * settings_route.c - the settings of this host and of the fleet, for people and the page
 *
 * /settings speaks of options by their own names, all of them, with the source of each
 * value; /config is stock's form with its seventeen keys (CONTRACT 1.4). A secret is
 * never given back: a URL is shown without its password, and what is put back as it was
 * shown is no change. What the command line, the environment or the file says is pinned.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "api/settings_save.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/conf_saved.h"
#include "conf/conf_value.h"
#include "conf/conf_words.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_scale.h"

#include <string.h>
#include <unistd.h>

/* Stock's keys that no option of ours reads; shown with stock's defaults. */
static const struct {
	const char *key;
	const char *json;
} idle[] = {
	{ "otlp_endpoint", "\"\"" },
	{ "num_queue_shards", "1" },
	{ "s3_bucket", "\"\"" },
	{ "s3_region", "\"us-east-1\"" },
	{ "s3_prefix", "\"synapse\"" },
	{ "s3_access_key_id", "\"\"" },
	{ "s3_secret_access_key", "\"\"" },
	{ "s3_endpoint_url", "\"\"" },
};

static const char *const stock_keys[] = {
	"redis_url",          "scale_postgres_url",     "scale_auto_sync",
	"worker_concurrency", "max_global_queue_depth", "rate_limit_per_tenant_rps",
	"pgbouncer_mode",     "metrics_token"
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/*
 * The configuration as a reload would read it now: a child keeps the one that it was made
 * with, and is not replaced when an option changes that others read. The caller's; NULL:
 * it cannot be read now, and the child's own has to do.
 */
static struct conf *load_now(const struct api_call *call)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in;
	struct conf *conf = NULL;

	if (!call->inputs)
		return NULL;
	in = *call->inputs;
	in.env = (const char *const *)environ; /* the one of the start has moved */
	if (conf_load(&in, &conf, &errors) < 0)
		conf = NULL;
	conf_errors_deinit(&errors);
	return conf;
}

/* -- reading -- */

struct showing {
	struct api_call *call;
	bool stock; /* /config, else /settings */
	int statement;
};

/* Numbers and truth as such, everything else as text. */
static void print_value(struct jsonw *w, const struct conf_row *row,
			const struct conf *conf)
{
	struct str text = STR_INIT;

	conf_value_add(row, conf, &text);
	if (row->kind == CONF_BOOL || row->kind == CONF_COUNT)
		jsonw_raw(w, str_text(&text), text.len);
	else
		jsonw_text(w, str_text(&text));
	str_deinit(&text);
}

static const char *scope_name(enum conf_saved_scope scope)
{
	switch (scope) {
	case CONF_SAVED_FOR_HOST:
		return "host";
	case CONF_SAVED_FOR_FLEET:
		return "fleet";
	case CONF_SAVED_NOT:
		break;
	}
	return NULL;
}

static void print_source(struct jsonw *w, const struct conf_row *row,
			 const struct conf *conf)
{
	const char *source = conf_source(conf, row->key);

	jsonw_pair_text(w, "source", source);
	jsonw_pair_bool(w, "pinned", conf_saved_pins(source));
	jsonw_pair_text(w, "scope", scope_name(conf_saved_scope(row)));
}

static void print_option(struct jsonw *w, const struct conf_row *row,
			 const struct conf *conf)
{
	struct str text = STR_INIT;

	jsonw_object(w);
	jsonw_pair_text(w, "option", row->key);
	jsonw_key(w, "value");
	print_value(w, row, conf);
	print_source(w, row, conf);
	jsonw_pair_bool(w, "secret", conf_rows_secret(row));
	jsonw_pair_text(w, "default", row->def);
	conf_words_expected(row, &text);
	jsonw_pair_text(w, "expected", str_text(&text));
	str_reset(&text, 4096);
	conf_words_effect(row, &text);
	jsonw_pair_text(w, "effect", str_text(&text));
	jsonw_pair_text(w, "what", row->what);
	jsonw_pair_text(w, "stock", conf_saved_stock(row));
	jsonw_object_end(w);
	str_deinit(&text);
}

/*
 * scale_mode_enabled is what was asked for, so that a toggle stays where it was put: a
 * host that waits for its second store has it enabled. /health says which mode it is in.
 */
static bool scale_enabled(const struct conf *conf)
{
	const char *source = conf_source(conf, "mode");
	struct str text = STR_INIT;
	bool enabled;

	conf_value_add(conf_rows_find("mode"), conf, &text);
	enabled = strcmp(str_text(&text), "scale") == 0 ||
		  (strcmp(str_text(&text), "auto") == 0 &&
		   (*conf->redis.url || *conf->postgres.url ||
		    (source && strcmp(source, "default") != 0)));
	str_deinit(&text);
	return enabled;
}

static void print_stock(struct jsonw *w, const struct conf *conf)
{
	size_t i;

	for (i = 0; i < COUNT(stock_keys); i++) {
		jsonw_key(w, stock_keys[i]);
		print_value(w, conf_saved_find(stock_keys[i]), conf);
	}
	jsonw_pair_bool(w, "scale_mode_enabled", scale_enabled(conf));
	for (i = 0; i < COUNT(idle); i++)
		jsonw_pair_raw(w, idle[i].key, idle[i].json, strlen(idle[i].json));
	jsonw_key(w, "sources");
	jsonw_object(w);
	for (i = 0; i < COUNT(stock_keys); i++) {
		const struct conf_row *row = conf_saved_find(stock_keys[i]);

		jsonw_key(w, stock_keys[i]);
		jsonw_object(w);
		jsonw_pair_text(w, "option", row->key);
		print_source(w, row, conf);
		jsonw_object_end(w);
	}
	if (conf_rows_find("mode")) {
		jsonw_key(w, "scale_mode_enabled");
		jsonw_object(w);
		jsonw_pair_text(w, "option", "mode");
		print_source(w, conf_rows_find("mode"), conf);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
	jsonw_key(w, "without_effect");
	jsonw_array(w);
	for (i = 0; i < COUNT(idle); i++)
		jsonw_text(w, idle[i].key);
	jsonw_array_end(w);
}

static void on_version(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct showing *showing = arg;
	struct conf *now = load_now(showing->call);
	const struct conf *conf = now ? now : showing->call->conf;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	if (showing->stock) {
		print_stock(&w, conf);
	} else {
		jsonw_key(&w, "options");
		jsonw_array(&w);
		for (i = 0; i < conf_rows_count; i++)
			print_option(&w, &conf_rows[i], conf);
		jsonw_array_end(&w);
	}
	jsonw_key(&w, "version"); /* the fleet's newest; null: Postgres is away */
	if (error == ERRORS_NONE)
		jsonw_int(&w, store_fleet_read_version(reply, showing->statement));
	else
		jsonw_null(&w);
	jsonw_object_end(&w);
	response_json(showing->call->req, 200, &body);
	conf_free(now);
}

static void show(struct api_call *call, bool stock)
{
	struct showing *showing;
	struct pg_batch *batch;

	showing = arena_new(request_arena(call->req), struct showing);
	showing->call = call;
	showing->stock = stock;
	if (!call->port->manage) {
		on_version(showing, ERRORS_SCALE_ONLY, NULL);
		return;
	}
	batch = pg_batch_new();
	showing->statement = store_fleet_read(batch);
	manage_read(call, batch, on_version, showing);
}

void settings_route_get(struct api_call *call)
{
	show(call, false);
}

void settings_route_config(struct api_call *call)
{
	show(call, true);
}

/* -- writing -- */

struct reading {
	struct api_call *call;
	const struct conf *conf;
	struct arena *arena;
	struct body_faults faults;
	struct settings_changes *changes;
	const char *pinned; /* an option that would be changed and may not; NULL: none */
};

/* The member's value as an option's text; NULL: forget what is saved. */
static const char *value_text(struct arena *arena, const struct json *value)
{
	struct str text = STR_INIT;
	const char *ret;

	if (jsonr_type(value) == JSONR_NULL || (jsonr_text(value) && !*jsonr_text(value)))
		return NULL;
	if (jsonr_text(value))
		return arena_dup(arena, jsonr_text(value));
	jsonr_print(value, &text);
	ret = arena_dup(arena, str_text(&text));
	str_deinit(&text);
	return ret;
}

/* Is it what is in force already, as it is shown? */
static bool unchanged(const struct reading *reading, const struct conf_row *row,
		      const char *value)
{
	struct str shown = STR_INIT;
	bool same;

	conf_value_add(row, reading->conf, &shown);
	same = strcmp(str_text(&shown), value ? value : "") == 0;
	str_deinit(&shown);
	return same;
}

static void add_change(struct reading *reading, const struct body_at *at,
		       const struct conf_row *row, const struct json *json)
{
	const char *value = value_text(reading->arena, json);
	struct settings_changes *changes = reading->changes;
	struct conf scratch;
	struct err err;

	if (value && row->stock_form == CONF_STOCK_OFF && jsonr_type(json) == JSONR_INT &&
	    jsonr_int(json) < 0)
		value = "0"; /* stock: zero and less are off */
	if (jsonr_has_nul(json)) {
		body_fault(&reading->faults, at, "string_nul",
			   "String should not hold U+0000");
		return;
	}
	if (value && unchanged(reading, row, value))
		return;
	memset(&scratch, 0, sizeof(scratch));
	if (value && conf_value_set(row, value, &scratch, reading->arena, 1, &err) < 0) {
		body_fault(&reading->faults, at, "value_error", err.text);
		return;
	}
	if (conf_saved_pins(conf_source(reading->conf, row->key))) {
		if (value || !unchanged(reading, row, NULL))
			reading->pinned = row->key;
		return;
	}
	if (changes->count == SETTINGS_SAVE_MAX) {
		body_fault(&reading->faults, at, "too_many", "too many settings at once");
		return;
	}
	changes->items[changes->count++] = (struct saved_change){ row, value };
}

static void read_ours(struct reading *reading, const struct json *doc)
{
	struct body_at body = { NULL, "body", 0 }, up = { &body, "settings", 0 };
	const struct json *settings = jsonr_get(doc, "settings");
	struct jsonr_iter it;

	if (jsonr_type(settings) != JSONR_OBJECT) {
		body_fault(&reading->faults, &up, "missing", "Field required");
		return;
	}
	it = jsonr_iter(settings);
	while (jsonr_next(&it)) {
		const struct conf_row *row = conf_rows_find(it.key);
		struct body_at at = { &up, it.key, 0 };

		if (!row)
			body_fault(&reading->faults, &at, "unknown_option",
				   "there is no such option");
		else if (conf_saved_scope(row) == CONF_SAVED_NOT)
			body_fault(&reading->faults, &at, "not_saved",
				   "this option is not for the page: it is set in the "
				   "file or the environment");
		else
			add_change(reading, &at, row, it.value);
	}
}

static void read_mode(struct reading *reading, const struct json *doc)
{
	struct body_at body = { NULL, "body", 0 },
		       at = { &body, "scale_mode_enabled", 0 };
	const struct json *value = jsonr_get(doc, "scale_mode_enabled");
	const struct conf_row *row = conf_rows_find("mode");
	struct settings_changes *changes = reading->changes;

	if (!row || jsonr_type(value) != JSONR_BOOL ||
	    jsonr_bool(value) == scale_enabled(reading->conf))
		return;
	if (conf_saved_pins(conf_source(reading->conf, "mode")))
		reading->pinned = "mode";
	else if (changes->count < SETTINGS_SAVE_MAX)
		changes->items[changes->count++] =
			(struct saved_change){ row, jsonr_bool(value) ? "auto"
								      : "standalone" };
	else
		body_fault(&reading->faults, &at, "too_many",
			   "too many settings at once");
}

static void read_stock(struct reading *reading, const struct json *doc)
{
	struct body_at body = { NULL, "body", 0 };
	struct settings_changes *changes = reading->changes;
	bool found;
	size_t i;

	for (i = 0; i < COUNT(stock_keys); i++) {
		struct body_at at = { &body, stock_keys[i], 0 };
		const struct json *value = jsonr_find(doc, stock_keys[i], &found);

		if (found) /* what is missing stays, unlike stock's */
			add_change(reading, &at, conf_saved_find(stock_keys[i]), value);
	}
	read_mode(reading, doc);
	for (i = 0; i < COUNT(idle); i++) {
		(void)jsonr_find(doc, idle[i].key, &found);
		if (found)
			changes->idle[changes->idle_count++] = idle[i].key;
	}
}

static void save(struct api_call *call, bool stock)
{
	struct conf *now = load_now(call);
	struct reading reading = { .call = call, .faults = { .count = 0 } };
	struct body_at body = { NULL, "body", 0 };
	struct json *doc = NULL;
	struct str detail = STR_INIT;
	size_t len;
	const char *text = request_body(call->req, &len);

	reading.conf = now ? now : call->conf;
	reading.arena = request_arena(call->req);
	reading.changes = arena_new(reading.arena, struct settings_changes);
	if (body_parse(&reading.faults, text, len, 0, &doc)) {
		reading.changes->version =
			body_int(&reading.faults, &body, doc, "version", 0, INT64_MAX,
				 SETTINGS_SAVE_NEWEST);
		if (stock)
			read_stock(&reading, doc);
		else
			read_ours(&reading, doc);
	}
	jsonr_free(doc);
	if (reading.faults.count) {
		body_faults_send(call->req, &reading.faults);
	} else if (reading.pinned) {
		str_printf(&detail, "%s is pinned: its value comes from %s",
			   reading.pinned, conf_source(reading.conf, reading.pinned));
		errors_send(call->req, ERRORS_PINNED, str_text(&detail));
	} else {
		settings_save(call, reading.changes);
	}
	str_deinit(&detail);
	body_faults_deinit(&reading.faults);
	conf_free(now);
}

void settings_route_put(struct api_call *call)
{
	save(call, false);
}

void settings_route_config_post(struct api_call *call)
{
	save(call, true);
}
