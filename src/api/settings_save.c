/*
 * settings_save.c - settings from the page: saved, put in force or taken back
 *
 *   host    settings.json is written anew, the master reloads; a generation that does not
 *           come up is withdrawn by the master, and the file is as it was
 *   fleet   a row with the next version, if nobody was faster; the keepers do the rest
 *
 * The host goes first, since it is what can be taken back. One request at a time saves on
 * a host: a lock of the folder, which ends with the process at the latest.
 */
#include "api/settings_save.h"

#include "api/api_call.h"
#include "api/errors.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/conf_saved.h"
#include "ipc/control_ask.h"
#include "ipc/control_frame.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_scale.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RELOAD_MS 120000 /* longer than any child may take to get ready */

struct saving {
	struct api_call *call;
	const struct conf *conf;
	const struct settings_changes *changes;
	struct saved_change host[SETTINGS_SAVE_MAX];
	struct saved_change fleet[SETTINGS_SAVE_MAX];
	size_t host_count, fleet_count;
	int lock_fd;
	struct str before; /* the host's file */
	struct control_ask *ask;
	int statement;
	int64_t generation, version;
};

static void saving_free(struct saving *saving)
{
	fdutil_close(&saving->lock_fd);
	if (saving->before.data)
		mem_wipe(saving->before.data, saving->before.len);
	str_deinit(&saving->before);
	mem_free(saving);
}

static void refuse(struct saving *saving, enum errors_code code, const char *detail)
{
	errors_send(saving->call->req, code, detail);
	saving_free(saving);
}

static void answer(struct saving *saving)
{
	const struct settings_changes *changes = saving->changes;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", "saved");
	jsonw_key(&w, "saved");
	jsonw_array(&w);
	for (i = 0; i < changes->count; i++)
		jsonw_text(&w, changes->items[i].row->key);
	jsonw_array_end(&w);
	jsonw_key(&w, "without_effect");
	jsonw_array(&w);
	for (i = 0; i < changes->idle_count; i++)
		jsonw_text(&w, changes->idle[i]);
	jsonw_array_end(&w);
	jsonw_key(&w, "generation"); /* of this host, when something of it was changed */
	if (saving->host_count)
		jsonw_int(&w, saving->generation);
	else
		jsonw_null(&w);
	jsonw_key(&w, "version");
	if (saving->fleet_count)
		jsonw_int(&w, saving->version);
	else
		jsonw_null(&w);
	jsonw_object_end(&w);
	log_info("settings.saved", LOG_N("host", saving->host_count),
		 LOG_N("fleet", saving->fleet_count), LOG_N("version", saving->version));
	response_json(saving->call->req, 200, &body);
	saving_free(saving);
}

/* -- the fleet -- */

static const struct saved_change *changed(const struct saving *saving, const char *key)
{
	size_t i;

	for (i = 0; i < saving->fleet_count; i++)
		if (strcmp(saving->fleet[i].row->key, key) == 0)
			return &saving->fleet[i];
	return NULL;
}

/* The settings that are there with the changes in them. */
static void print_fleet(const struct saving *saving, const char *text, struct str *out)
{
	struct json *doc = NULL;
	struct jsonr_iter it;
	struct jsonw w;
	struct err err;
	size_t i;

	if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, &err) < 0)
		log_error("settings.fleet_unreadable", LOG_S("error", err.text));
	jsonw_init(&w, out);
	jsonw_object(&w);
	it = jsonr_iter(doc);
	while (jsonr_type(doc) == JSONR_OBJECT && jsonr_next(&it))
		if (jsonr_text(it.value) && !changed(saving, it.key))
			jsonw_pair_text(&w, it.key, jsonr_text(it.value));
	for (i = 0; i < saving->fleet_count; i++)
		if (saving->fleet[i].value)
			jsonw_pair_text(&w, saving->fleet[i].row->key,
					saving->fleet[i].value);
	jsonw_object_end(&w);
	jsonr_free(doc);
}

static void on_fleet_put(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct saving *saving = arg;

	if (error != ERRORS_NONE) {
		refuse(saving, error, NULL);
		return;
	}
	saving->version = store_fleet_put_read(reply, saving->statement);
	if (saving->version)
		answer(saving);
	else
		refuse(saving, ERRORS_CHANGED, "somebody has saved settings meanwhile");
}

static void on_fleet_read(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct saving *saving = arg;
	struct str text = STR_INIT;
	struct pg_batch *batch;
	char detail[120];
	int64_t version;

	if (error != ERRORS_NONE) {
		refuse(saving, error, NULL);
		return;
	}
	version = store_fleet_read_version(reply, saving->statement);
	if (saving->changes->version != SETTINGS_SAVE_NEWEST &&
	    saving->changes->version != version) {
		(void)snprintf(detail, sizeof(detail),
			       "version %" PRId64 " of the settings is there now",
			       version);
		refuse(saving, ERRORS_CHANGED, detail);
		return;
	}
	print_fleet(saving, store_fleet_read_settings(reply, saving->statement), &text);
	batch = pg_batch_new();
	saving->statement = store_fleet_put(batch, version, str_text(&text),
					    saving->call->key_tenant ? "" : "page");
	str_deinit(&text);
	manage_read(saving->call, batch, on_fleet_put, saving);
}

static void save_fleet(struct saving *saving)
{
	struct pg_batch *batch;

	if (!saving->fleet_count) {
		answer(saving);
		return;
	}
	batch = pg_batch_new();
	saving->statement = store_fleet_read(batch);
	manage_read(saving->call, batch, on_fleet_read, saving);
}

/* -- the host -- */

static void take_back(struct saving *saving, const struct err *why)
{
	struct str detail = STR_INIT;
	struct err err;

	if (saved_file_write(saving->conf->data_dir, str_text(&saving->before), &err) < 0)
		log_error("settings.not_taken_back", LOG_S("error", err.text));
	log_warn("settings.taken_back", LOG_S("reason", why->text));
	str_printf(&detail, "%s: %s", errors_detail(ERRORS_NOT_APPLIED), why->text);
	errors_send(saving->call->req, ERRORS_NOT_APPLIED, str_text(&detail));
	str_deinit(&detail);
	saving_free(saving);
}

static void on_reloaded(void *arg, int rc, int64_t number, const struct err *err)
{
	struct saving *saving = arg;

	saving->ask = NULL;
	if (rc < 0) {
		take_back(saving, err);
		return;
	}
	saving->generation = number;
	save_fleet(saving);
}

static void save_host(struct saving *saving)
{
	struct str text = STR_INIT;
	struct err err;
	int rc;

	rc = saved_file_read(saving->conf->data_dir, &saving->before, &err);
	if (rc == 0) {
		saved_file_change(str_text(&saving->before), saving->host,
				  saving->host_count, &text);
		rc = saved_file_write(saving->conf->data_dir, str_text(&text), &err);
		mem_wipe(text.data, text.len);
		str_deinit(&text);
	}
	if (rc < 0) {
		log_error("settings.not_saved", LOG_S("error", err.text));
		refuse(saving, ERRORS_INTERNAL, err.text);
		return;
	}
	rc = control_ask_start(saving->call->loop, saving->conf->run_dir, CONTROL_RELOAD,
			       0, RELOAD_MS, on_reloaded, saving, &saving->ask, &err);
	if (rc < 0)
		take_back(saving, &err);
}

/* -- both -- */

static int take_lock(const char *data_dir)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct str path = STR_INIT;
	int fd;

	str_printf(&path, "%s/settings.lock", data_dir);
	fd = open(str_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	str_deinit(&path);
	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &whole) < 0)
		fdutil_close(&fd);
	return fd;
}

void settings_save(struct api_call *call, const struct settings_changes *changes)
{
	struct saving *saving;
	size_t i;

	saving = mem_new(struct saving);
	saving->call = call;
	saving->conf = call->conf;
	saving->changes = changes;
	for (i = 0; i < changes->count; i++)
		/* without a store there is no fleet, and the host keeps all of it */
		if (!call->port->manage ||
		    conf_saved_scope(changes->items[i].row) == CONF_SAVED_FOR_HOST)
			saving->host[saving->host_count++] = changes->items[i];
		else
			saving->fleet[saving->fleet_count++] = changes->items[i];
	saving->lock_fd = take_lock(saving->conf->data_dir);
	if (saving->lock_fd < 0)
		refuse(saving, ERRORS_BUSY, "settings are being saved by somebody else");
	else if (saving->host_count)
		save_host(saving);
	else
		save_fleet(saving);
}
