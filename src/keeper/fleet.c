/*
 * fleet.c - settings of the fleet and this host's settings file, noticed and put in force
 *
 * Once a second: is there a newer version of the fleet's settings, has settings.json been
 * changed by somebody who does not ask for a reload himself? A new version goes into the
 * file that the configuration is read from, and the master reloads. If that generation
 * does not come up, the file gets back what it had, with the version that was refused, so
 * that it is not tried again: the next one is.
 *
 * The keeper of the generation that is replaced goes with it; its successor reads the
 * same file and finds nothing to do.
 */
#include "keeper/fleet.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_saved.h"
#include "ipc/control_ask.h"
#include "ipc/control_frame.h"
#include "ipc/kind.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/store_scale.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EACH_S      1.0
#define DEADLINE_MS 5000
#define RELOAD_MS   120000 /* longer than any child may take to get ready */

/* What tells one state of a file from another. */
struct seen {
	ino_t ino;
	off_t size;
	struct timespec at;
};

struct fleet {
	struct ev_loop *loop;
	const struct child_env *env;
	struct pg_pool *pool;
	ev_timer timer;
	struct control_ask *ask;
	bool asking_store;
	int statement;
	int64_t version; /* in the file */
	int64_t refused; /* 0: none */
	int64_t trying;  /* of the reload under way; 0: it is for the host's file */
	struct str good; /* the file as it was before */
	struct seen host_file;
};

static void path_of(const struct fleet *fleet, const char *name, struct str *out)
{
	str_printf(out, "%s/%s", fleet->env->conf->data_dir, name);
}

static struct seen look(const struct fleet *fleet)
{
	struct str path = STR_INIT;
	struct seen seen;
	struct stat st;

	memset(&seen, 0, sizeof(seen));
	path_of(fleet, CONF_SAVED_HOST, &path);
	if (stat(str_text(&path), &st) == 0) {
		seen.ino = st.st_ino;
		seen.size = st.st_size;
		seen.at = st.st_mtim;
	}
	str_deinit(&path);
	return seen;
}

static bool same(const struct seen *a, const struct seen *b)
{
	return a->ino == b->ino && a->size == b->size && a->at.tv_sec == b->at.tv_sec &&
	       a->at.tv_nsec == b->at.tv_nsec;
}

/* Who saves settings from the page holds it until they are in force or taken back. */
static bool is_being_saved(const struct fleet *fleet)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct str path = STR_INIT;
	bool busy = false;
	int fd;

	path_of(fleet, "settings.lock", &path);
	fd = open(str_text(&path), O_RDWR | O_CLOEXEC);
	str_deinit(&path);
	if (fd >= 0) /* a look alone: taking it would be in somebody's way */
		busy = fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
	fdutil_close(&fd);
	return busy;
}

/* -- the file of the fleet -- */

static void read_good(struct fleet *fleet)
{
	struct str path = STR_INIT;
	struct json *doc = NULL;
	char *text = NULL;
	struct err err;
	size_t len;

	path_of(fleet, CONF_SAVED_FLEET, &path);
	if (fdutil_read_file(str_text(&path), CONF_SAVED_MAX, &text, &len, &err) == 0 &&
	    jsonr_parse(text, len, &doc, NULL, NULL, &err) == 0) {
		str_reset(&fleet->good, len);
		str_add(&fleet->good, text, len);
		fleet->version = jsonr_get_int(doc, "version", 0);
		fleet->refused = jsonr_get_int(doc, "refused", 0);
	}
	jsonr_free(doc);
	mem_free(text);
	str_deinit(&path);
}

static bool write_file(const struct fleet *fleet, const struct str *text)
{
	struct str path = STR_INIT;
	struct err err;
	int rc;

	path_of(fleet, CONF_SAVED_FLEET, &path);
	rc = fdutil_write_file(str_text(&path), str_text(text), text->len, 0640, &err);
	if (rc < 0)
		log_error("settings.not_written", LOG_S("error", err.text));
	str_deinit(&path);
	return rc == 0;
}

/* What was good, and which version was not. */
static void take_back(struct fleet *fleet, const char *reason)
{
	struct str text = STR_INIT, settings = STR_INIT;
	struct json *doc = NULL;
	struct jsonw w;
	struct err err;

	if (jsonr_parse(str_text(&fleet->good), fleet->good.len, &doc, NULL, NULL, &err) <
	    0)
		doc = NULL; /* there was none */
	if (jsonr_type(jsonr_get(doc, "settings")) == JSONR_OBJECT)
		jsonr_print(jsonr_get(doc, "settings"), &settings);
	else
		str_add_text(&settings, "{}");
	jsonw_init(&w, &text);
	jsonw_object(&w);
	jsonw_pair_int(&w, "version", fleet->version);
	jsonw_pair_raw(&w, "settings", str_text(&settings), settings.len);
	jsonw_pair_int(&w, "refused", fleet->trying);
	jsonw_pair_text(&w, "reason", reason);
	jsonw_object_end(&w);
	fleet->refused = fleet->trying;
	(void)write_file(fleet, &text); /* told there */
	log_warn("settings.refused", LOG_N("version", fleet->trying),
		 LOG_S("reason", reason));
	jsonr_free(doc);
	str_deinit(&settings);
	str_deinit(&text);
}

/* -- the reload -- */

static void on_reloaded(void *arg, int rc, int64_t number, const struct err *err)
{
	struct fleet *fleet = arg;

	fleet->ask = NULL;
	if (!fleet->trying)
		return; /* of the host's own file: the master has said what is wrong */
	if (rc < 0 && rc != ERR_TIMEOUT && rc != ERR_CLOSED) {
		take_back(fleet, err->text);
	} else if (rc == 0) {
		log_info("settings.in_force", LOG_N("version", fleet->trying),
			 LOG_N("in_generation", number));
		read_good(fleet);
	}
	fleet->trying = 0;
}

static bool ask_reload(struct fleet *fleet)
{
	struct err err;

	if (control_ask_start(fleet->loop, fleet->env->conf->run_dir, CONTROL_RELOAD, 0,
			      RELOAD_MS, on_reloaded, fleet, &fleet->ask, &err) == 0)
		return true;
	log_warn("settings.no_reload", LOG_S("error", err.text));
	return false;
}

static void try_version(struct fleet *fleet, int64_t version, const char *settings)
{
	struct str text = STR_INIT;
	struct json *doc = NULL;
	struct err err;

	fleet->trying = version;
	if (jsonr_parse(settings, strlen(settings), &doc, NULL, NULL, &err) < 0) {
		take_back(fleet, "the settings are no JSON");
		fleet->trying = 0;
		return;
	}
	jsonr_free(doc);
	str_printf(&text, "{\"version\":%lld,\"settings\":%s}\n", (long long)version,
		   settings);
	log_info("settings.version", LOG_N("version", version),
		 LOG_N("before", fleet->version));
	if (!write_file(fleet, &text)) {
		fleet->trying = 0;
	} else if (!ask_reload(fleet)) {
		take_back(fleet, "the master could not be asked");
		fleet->refused = 0; /* it is not the version's fault */
		fleet->trying = 0;
	}
	str_deinit(&text);
}

static void on_read(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct fleet *fleet = arg;
	int64_t version;

	fleet->asking_store = false;
	if (outcome->fate != PG_COMMITTED) /* the pool tells of it; asked again soon */
		return;
	version = store_fleet_read_version(reply, fleet->statement);
	/* a lower one: another store, or one that was put back */
	if (version == fleet->version || version == fleet->refused || fleet->ask ||
	    (version == 0 && fleet->version == 0))
		return;
	try_version(fleet, version, store_fleet_read_settings(reply, fleet->statement));
}

static void ask_store(struct fleet *fleet)
{
	struct pg_batch *batch;

	if (fleet->asking_store || pg_pool_links_up(fleet->pool) == 0)
		return;
	batch = pg_batch_new();
	fleet->statement = store_fleet_read(batch);
	fleet->asking_store =
		pg_pool_submit(fleet->pool, batch, DEADLINE_MS, on_read, fleet) == 0;
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fleet *fleet = w->data;
	struct seen now = look(fleet);

	(void)loop;
	(void)revents;
	if (fleet->ask || is_being_saved(fleet))
		return;
	if (!same(&now, &fleet->host_file)) {
		if (!ask_reload(fleet))
			return; /* told there; the next look finds it again */
		fleet->host_file = now;
		log_info("settings.file_changed", LOG_S("file", CONF_SAVED_HOST));
		return;
	}
	ask_store(fleet);
}

struct fleet *fleet_new(struct ev_loop *loop, const struct child_env *env,
			struct pg_pool *pool)
{
	struct fleet *fleet = mem_new(struct fleet);

	fleet->loop = loop;
	fleet->env = env;
	fleet->pool = pool;
	fleet->host_file = look(fleet);
	read_good(fleet);
	ev_timer_init(&fleet->timer, on_time, EACH_S, EACH_S);
	fleet->timer.data = fleet;
	ev_timer_start(loop, &fleet->timer);
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	ev_timer_stop(fleet->loop, &fleet->timer);
	control_ask_abandon(fleet->ask);
	str_deinit(&fleet->good);
	mem_free(fleet);
}
