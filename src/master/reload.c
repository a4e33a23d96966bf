/*
 * reload.c - a new configuration, beside the one in force until it has proved itself
 *
 *   read and check all of it      bad: nothing has changed, the reason is shown
 *   compare, option by option     what needs a restart is said, and keeps its value
 *   open new addresses            not to be had: nothing has changed
 *   start candidates              of those kinds only that read a changed option
 *   all of them ready             it is in force, and what it replaces drains
 *   one of them dead or late      withdrawn: the candidates drain, the old stays
 *
 * Nothing is taken from the generation in force before the last step, and candidates are
 * no part of what counts as ready or degraded. Children have their configuration from the
 * fork, so the old struct is freed here as soon as no later fork wants it.
 *
 * A kind on demand has no candidates: what runs of it is replaced, and the next one that
 * is wanted has the new configuration.
 */
#include "master/reload.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "conf/conf_rows.h"
#include "conf/conf_value.h"
#include "conf/conf_words.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/asks.h"
#include "master/house.h"
#include "master/listener.h"
#include "master/master.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As good as no deadline: a stop of the daemon brings a nearer one. */
#define UNHURRIED_MS (365LL * 24 * 3600 * 1000)

void reload_init(struct reload *reload)
{
	memset(reload, 0, sizeof(*reload));
	reload->api_listen_fd = reload->health_listen_fd = -1;
}

/* What `status` shows of the last one; "" when all of it is in force. */
static void reload_show(struct master *m, const char *text)
{
	score_text_set(&m->board->reload, text);
	atomic_store_explicit(&m->board->reload_at_ms, clock_wall_ms(),
			      memory_order_relaxed);
}

static void systemd_busy(struct master *m)
{
	struct str text = STR_INIT;

	str_printf(&text, "RELOADING=1\nMONOTONIC_USEC=%lld",
		   (long long)clock_mono_ms() * 1000);
	sdnotify_send(&m->sd, str_text(&text));
	str_deinit(&text);
}

static void reload_clear(struct master *m, bool ready)
{
	struct reload *reload = &m->reload;
	bool again = reload->again;

	fdutil_close(&reload->api_listen_fd);
	fdutil_close(&reload->health_listen_fd);
	reload_init(reload);
	reload->again = again;
	if (ready && m->ready)
		sdnotify_send(&m->sd, "READY=1");
}

/* ---- reading it ---- */

static int refuse_errors(struct master *m, const char *by, struct conf_errors *errors,
			 struct err *err)
{
	char *text = conf_errors_text(errors), *line, *rest = text;
	struct str shown = STR_INIT;

	str_printf(&shown, "refused: %.*s", (int)strcspn(text, "\n"), text);
	reload_show(m, str_text(&shown));
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line)
			log_warn("reload.error", LOG_S("error", line));
	log_warn("reload.refused", LOG_S("by", by), LOG_N("errors", errors->count),
		 LOG_S("what", "the configuration in force stays"));
	err_set(err, ERR_INPUT, "%s", str_text(&shown));
	str_deinit(&shown);
	mem_free(text);
	return ERR_INPUT;
}

static int reload_read(struct master *m, const char *by, struct conf **ret,
		       struct err *err)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in = *m->opts->inputs;
	struct conf *conf = NULL;
	int rc = 0;

	in.env = (const char *const *)environ; /* the one of the start has moved */
	in.stores_away = crews_stores_away(&m->crews);
	if (conf_load(&in, &conf, &errors) == 0)
		(void)conf_check(conf, &errors); /* errors.count has the answer */
	if (errors.count) {
		rc = refuse_errors(m, by, &errors, err);
		conf_free(conf);
	} else {
		*ret = conf;
	}
	conf_errors_deinit(&errors);
	return rc;
}

/* A store that comes or goes is no option, and may mean the other mode. */
static unsigned reload_stores(const struct master *m, const struct conf *next)
{
	if (m->conf->stores_away == next->stores_away ||
	    conf_is_standalone(m->conf) == conf_is_standalone(next))
		return 0;
	log_info("reload.stores", LOG_N("away", next->stores_away),
		 LOG_S("mode", conf_is_standalone(next) ? "standalone" : "scale"));
	return CONF_FOR_API;
}

/* Say what differs; what needs a restart is undone in the new one. */
static unsigned reload_compare(struct master *m, struct conf *next)
{
	unsigned readers = 0;
	size_t i;

	for (i = 0; i < conf_rows_count; i++) {
		const struct conf_row *row = &conf_rows[i];
		struct str from = STR_INIT, to = STR_INIT, effect = STR_INIT;

		if (!conf_diff_row(row, m->conf, next))
			continue;
		conf_value_add(row, m->conf, &from);
		conf_value_add(row, next, &to);
		conf_words_effect(row, &effect);
		log_info("reload.option", LOG_S("option", row->key),
			 LOG_S("from", str_text(&from)), LOG_S("to", str_text(&to)),
			 LOG_S("source", conf_source(next, row->key)),
			 LOG_S("effect", str_text(&effect)));
		if (row->readers & CONF_FOR_START)
			conf_diff_undo(row, m->conf, next);
		else
			readers |= row->readers;
		str_deinit(&from);
		str_deinit(&to);
		str_deinit(&effect);
	}
	return readers | reload_stores(m, next);
}

static bool runs(const struct master *m, enum kind_flag flag, const struct conf *conf)
{
	int i;

	for (i = 0; i < m->crews.count; i++)
		if ((m->crews.rows[i].kind->flags & flag) &&
		    m->crews.rows[i].kind->processes(conf))
			return true;
	return false;
}

static int open_moved(const struct conf_listen *from, const struct conf_listen *to,
		      int now_fd, const char *key, int *ret, struct err *err)
{
	struct listener_inherited none = { .count = 0 };

	if (now_fd >= 0 && from->port == to->port && strcmp(from->host, to->host) == 0)
		return 0;
	return listener_open(to, key, &none, ret, err);
}

/* The new addresses before anything else: they may be taken. */
static int reload_listen(struct master *m, const struct conf *next, struct err *err)
{
	struct reload *reload = &m->reload;
	int rc = 0;

	if (runs(m, KIND_LISTENS_API, next))
		rc = open_moved(&m->conf->api.listen, &next->api.listen, m->api_listen_fd,
				"api.listen", &reload->api_listen_fd, err);
	if (rc == 0 && runs(m, KIND_LISTENS_HEALTH, next))
		rc = open_moved(&m->conf->worker.health_listen,
				&next->worker.health_listen, m->health_listen_fd,
				"worker.health_listen", &reload->health_listen_fd, err);
	return rc;
}

/* ---- candidates ---- */

static bool touches(const struct master *m, const struct kind *kind)
{
	const struct reload *reload = &m->reload;
	unsigned readers = kind->readers;

	if (kind->also_reads) /* with the old configuration, or with the new */
		readers |=
			kind->also_reads(reload->before) | kind->also_reads(reload->conf);
	return (readers & reload->readers) ||
	       /* a reload is what ends a quiet */
	       (reload->was_quiet && (kind->flags & KIND_HOLDS_JOBS));
}

static void candidates_start(struct master *m)
{
	int i, j;

	for (i = 0; i < m->crews.count; i++) {
		struct crew *crew = &m->crews.rows[i];
		int wanted = crew->kind->processes(m->reload.conf);

		if (!touches(m, crew->kind) || (crew->kind->flags & KIND_ON_DEMAND))
			continue;
		for (j = 0; j < wanted; j++)
			child_start(&crews_seat_add(&m->crews, crew, j, SEAT_CANDIDATE)
					     ->child);
	}
}

static int begin(struct master *m, const char *by, struct conf *next, struct err *err)
{
	struct reload *reload = &m->reload;
	int rc;

	reload->readers = reload_compare(m, next);
	if (!reload->readers && !m->quiet) {
		reload_show(m, "");
		log_info("reload.unchanged", LOG_S("by", by));
		conf_free(next);
		return 0;
	}
	rc = crews_check(&m->crews, next, err);
	if (rc == 0)
		rc = reload_listen(m, next, err);
	if (rc < 0) {
		struct str shown = STR_INIT;

		str_printf(&shown, "refused: %s", err->text);
		reload_show(m, str_text(&shown));
		str_deinit(&shown);
		log_warn("reload.refused", LOG_S("by", by), LOG_S("error", err->text),
			 LOG_S("what", "the configuration in force stays"));
		conf_free(next);
		reload_clear(m, false);
		return rc;
	}
	reload->conf = next;
	reload->before = m->conf;
	reload->generation = ++m->generation;
	reload->was_quiet = m->quiet;
	reload->since_mono_ms = clock_mono_ms();
	(void)snprintf(reload->by, sizeof(reload->by), "%s", by);
	m->quiet = false;
	systemd_busy(m);
	candidates_start(m);
	log_info("reload.started", LOG_S("by", by),
		 LOG_N("candidate_generation", reload->generation));
	return 0;
}

int reload_begin(struct master *m, const char *by, struct err *err)
{
	struct conf *next = NULL;
	int rc;

	if (reload_active(&m->reload)) {
		m->reload.again = true;
		log_info("reload.queued", LOG_S("by", by));
		return 0;
	}
	rc = reload_read(m, by, &next, err);
	return rc < 0 ? rc : begin(m, by, next, err);
}

/* ---- its end ---- */

/* How long those that are replaced may take. */
static int64_t patience(const struct master *m, const struct kind *kind)
{
	if (kind->unhurried && kind->unhurried(m->reload.before))
		return UNHURRIED_MS;
	return m->conf->drain.deadline_ms;
}

static void put_in_force(struct master *m)
{
	struct reload *reload = &m->reload;
	struct seat *seat;
	int i;

	m->conf = *m->conf_at = reload->conf;
	log_level_set(m->conf->log.level,
		      m->opts->log_text ? LOG_FORMAT_TEXT : m->conf->log.format);
	if (reload->api_listen_fd >= 0) {
		fdutil_close(&m->api_listen_fd);
		m->api_listen_fd = reload->api_listen_fd;
		reload->api_listen_fd = -1;
	}
	if (reload->health_listen_fd >= 0) {
		fdutil_close(&m->health_listen_fd);
		m->health_listen_fd = reload->health_listen_fd;
		reload->health_listen_fd = -1;
	}
	if (!runs(m, KIND_LISTENS_HEALTH, m->conf))
		fdutil_close(&m->health_listen_fd);
	atomic_store_explicit(&m->board->generation, reload->generation,
			      memory_order_relaxed);
	reload_show(m, "");
	log_info("reload.done", LOG_S("by", reload->by),
		 LOG_N("new_generation", reload->generation),
		 LOG_N("took_ms", clock_mono_ms() - reload->since_mono_ms));
	for (i = 0; i < m->crews.count; i++) {
		struct crew *crew = &m->crews.rows[i];

		crews_limit(crew, m->conf,
			    touches(m, crew->kind) ? crew->kind->processes(m->conf)
						   : crew->processes);
	}
	CREWS_EACH(&m->crews, seat)
	{
		if (seat->role == SEAT_CANDIDATE)
			seat->role = SEAT_IN_FORCE;
		else if (seat->role != SEAT_IN_FORCE || !touches(m, seat->crew->kind))
			continue;
		else if (!(seat->crew->kind->flags & KIND_ON_DEMAND))
			crews_seat_leave(seat, "reload", patience(m, seat->crew->kind));
		else
			child_drain(&seat->child, "reload",
				    clock_mono_ms() + m->conf->drain.deadline_ms);
	}
	conf_free(reload->before); /* no kind is asked about it any more */
	reload_clear(m, true);
	asks_ended(m, CONTROL_RELOAD, 0, m->generation, NULL);
}

static void withdraw(struct master *m, int code)
{
	struct reload *reload = &m->reload;
	struct str shown = STR_INIT;
	struct seat *seat;

	str_printf(&shown, "withdrawn: %s", reload->failed);
	reload_show(m, str_text(&shown));
	asks_ended(m, CONTROL_RELOAD, code, 0, str_text(&shown));
	str_deinit(&shown);
	log_warn("reload.withdrawn", LOG_S("by", reload->by),
		 LOG_N("candidate_generation", reload->generation),
		 LOG_S("reason", reload->failed),
		 LOG_S("what", "the configuration in force stays"));
	CREWS_EACH(&m->crews, seat)
	{
		if (seat->role == SEAT_CANDIDATE)
			crews_seat_leave(seat, "withdrawn", m->conf->drain.deadline_ms);
	}
	m->quiet = m->quiet || reload->was_quiet;
	conf_free(reload->conf); /* what was due for it is not forked any more */
	reload_clear(m, true);
}

static bool candidates_ready(struct master *m)
{
	const struct seat *seat;

	CREWS_EACH(&m->crews, seat)
	{
		if (seat->role == SEAT_CANDIDATE && seat->child.state != CHILD_READY &&
		    seat->child.state != CHILD_QUIET)
			return false;
	}
	return true;
}

void reload_advance(struct master *m)
{
	struct err err = { .code = 0 };

	if (reload_active(&m->reload)) {
		if (m->reload.failed[0])
			withdraw(m, ERR_CONFLICT);
		else if (candidates_ready(m))
			put_in_force(m);
	}
	if (!m->reload.again || reload_active(&m->reload))
		return;
	m->reload.again = false;
	if (reload_begin(m, "queued", &err) < 0) /* logged and shown there */
		asks_ended(m, CONTROL_RELOAD, err.code, 0, err.text);
	else if (!reload_active(&m->reload))
		asks_ended(m, CONTROL_RELOAD, 0, atomic_load(&m->board->generation),
			   NULL);
}

void reload_failed(struct master *m, const struct child *child, const char *cause)
{
	if (reload_active(&m->reload) && !m->reload.failed[0])
		(void)snprintf(m->reload.failed, sizeof(m->reload.failed), "%s %d: %s",
			       child->kind->name, child->slot, cause);
}

void reload_abandon(struct master *m, const char *why)
{
	m->reload.again = false;
	if (!reload_active(&m->reload))
		return;
	(void)snprintf(m->reload.failed, sizeof(m->reload.failed), "%s", why);
	withdraw(m, ERR_CLOSED);
}

void reload_drop(struct master *m, const struct child_env *keep)
{
	struct reload *reload = &m->reload;

	if (!reload->conf)
		return;
	if (keep && keep->conf == reload->conf) {
		log_level_set(reload->conf->log.level,
			      m->opts->log_text ? LOG_FORMAT_TEXT
						: reload->conf->log.format);
		conf_free(*m->conf_at);
		*m->conf_at = reload->conf;
	} else {
		conf_free(reload->conf);
	}
	if (!keep || keep->api_listen_fd != reload->api_listen_fd)
		fdutil_close(&reload->api_listen_fd);
	if (!keep || keep->health_listen_fd != reload->health_listen_fd)
		fdutil_close(&reload->health_listen_fd);
}
