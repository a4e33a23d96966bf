/*
 * house.c - how the master's house is set up and left
 *
 * Whatever can fail does so here, before the first child: the locks first, so that a
 * second master has touched nothing when it refuses.
 */
#include "master/house.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/score_before.h"
#include "ipc/scoreboard.h"
#include "master/asks.h"
#include "master/identity.h"
#include "master/limits.h"
#include "master/listener.h"
#include "master/master.h"
#include "master/privileges.h"
#include "master/reaper.h"
#include "master/seat_ops.h"
#include "master/signals.h"
#include "master/tick.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* pidfds and waiting for them came with Linux 5.4. */
static int kernel_check(struct err *err)
{
	struct reaper_death death;
	int fd = -1, rc;

	rc = reaper_open(getpid(), &fd, err);
	if (rc < 0)
		return err_wrap(err, "this kernel is older than 5.4");
	rc = reaper_collect(fd, &death, err);
	fdutil_close(&fd);
	if (rc < 0 && err->sys_errno != ECHILD) /* we are no child of ours */
		return err_wrap(err, "this kernel is older than 5.4");
	return 0;
}

static int run_dir_take(struct master *m, struct err *err)
{
	const char *path = m->conf->run_dir;

	if (fdutil_same_file(m->upgrade.run_dir_fd, path)) {
		m->run_dir_fd = m->upgrade.run_dir_fd; /* with its lock */
		m->upgrade.run_dir_fd = -1;
		return 0;
	}
	m->run_dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->run_dir_fd < 0)
		return err_errno(err, "open %s", path);
	if (flock(m->run_dir_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_errno(err, "lock %s", path);
	return err_set(err, ERR_CONFLICT,
		       "another synapsed master is running with run_dir %s", path);
}

static bool any_listens(const struct master *m, enum kind_flag flag)
{
	int i;

	for (i = 0; i < m->crews.count; i++)
		if (m->crews.rows[i].processes && (m->crews.rows[i].kind->flags & flag))
			return true;
	return false;
}

static int sockets_open(struct master *m, struct err *err)
{
	struct listener_inherited inherited;
	int rc;

	rc = listener_inherit(&inherited, err);
	if (rc < 0)
		return rc;
	if (any_listens(m, KIND_LISTENS_API))
		rc = listener_open(&m->conf->api.listen, "api.listen", &inherited,
				   &m->api_listen_fd, err);
	if (rc == 0 && any_listens(m, KIND_LISTENS_HEALTH))
		rc = listener_open(&m->conf->worker.health_listen, "worker.health_listen",
				   &inherited, &m->health_listen_fd, err);
	listener_drop(&inherited);
	return rc;
}

/* The folders, and the locks on them, which are the user's files. */
static int folders_take(struct master *m, const struct privileges *privileges,
			struct err *err)
{
	const struct conf *conf = m->conf;
	int rc;

	rc = privileges_folder(privileges, conf->data_dir, 0750, err);
	if (rc < 0)
		return err_wrap(err, "data_dir");
	/* the control socket says for itself who may use it: control.group's members */
	rc = privileges_folder(privileges, conf->run_dir, 0755, err);
	if (rc < 0)
		return err_wrap(err, "run_dir");
	rc = privileges_lend(privileges, err);
	if (rc < 0)
		return rc;
	rc = privileges_check_folder(privileges, conf->data_dir, err);
	if (rc < 0)
		return err_wrap(err, "data_dir");
	rc = privileges_check_folder(privileges, conf->run_dir, err);
	if (rc < 0)
		return err_wrap(err, "run_dir");
	rc = host_id_take(conf->data_dir, conf->worker.name, &m->upgrade.host_fd,
			  &m->host, err);
	if (rc < 0)
		return rc;
	rc = run_dir_take(m, err);
	if (rc < 0)
		return rc;
	rc = identity_take(m->host.name, conf->postgres.url, &m->upgrade.identity_fd,
			   &m->identity_fd, err);
	if (rc < 0)
		return rc;
	return privileges_take_back(privileges, err);
}

/* A reload reads it as the user that we are by then. */
static void conf_look(const struct master *m)
{
	const char *path = m->opts->inputs ? m->opts->inputs->path : NULL;

	if (path && access(path, R_OK) < 0)
		log_warn("privileges.conf_unreadable", LOG_S("path", path),
			 LOG_S("error", strerror(errno)),
			 LOG_S("what", "a reload will be refused"));
}

int house_setup(struct master *m, struct err *err)
{
	const struct conf *conf = m->conf;
	struct privileges privileges;
	int rc;

	rc = sdnotify_open(&m->sd, err);
	if (rc < 0)
		return rc;
	rc = kernel_check(err);
	if (rc < 0)
		return rc;
	rc = privileges_find(conf, &privileges, err);
	if (rc < 0)
		return rc;
	rc = folders_take(m, &privileges, err);
	if (rc < 0)
		return rc;
	limits_master(conf);

	m->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!m->loop)
		return err_set(err, ERR_SYS, "there is no event loop on this system");
	crews_init(&m->crews, m->loop, &seat_ops, m);
	rc = crews_make(&m->crews, m->opts->kinds, conf, err);
	if (rc < 0)
		return rc;
	rc = sockets_open(m, err);
	if (rc < 0)
		return rc;
	rc = privileges_drop(&privileges, err);
	if (rc < 0)
		return rc;
	limits_seal(conf);
	conf_look(m);
	/* one of another layout says nothing to us; the rows of its workers do */
	if (m->upgrade.successor &&
	    scoreboard_open_readonly(conf->run_dir, &m->board_before, NULL) < 0)
		log_warn("upgrade.no_board", LOG_S("run_dir", conf->run_dir));
	score_before_sweep(conf->run_dir);
	rc = m->upgrade.successor
		     ? scoreboard_create_next(conf->run_dir, m->host.name,
					      m->opts->version, &m->board, err)
		     : scoreboard_create(conf->run_dir, m->host.name, m->opts->version,
					 &m->board, err);
	if (rc < 0)
		return rc;
	rc = control_open(&m->control, m->loop, conf->run_dir, m->upgrade.successor,
			  conf->control.group, asks_begin, m, err);
	if (rc < 0)
		return rc;
	obits_init(&m->obits, m->board);
	draining_init(&m->draining, m->loop, &m->crews.seats);
	m->generation = m->upgrade.generation + 1;
	atomic_store(&m->board->generation, m->generation);
	upgrade_start(m);
	rng_seed(&m->rng, rng_u64());
	return 0;
}

/*
 * The loop is only destroyed: that closes the descriptors of this process and leaves the
 * epoll set, which a child shares, as it is. Of two configurations a child keeps its own,
 * which its caller frees.
 */
void house_drop(struct master *m, const struct child_env *keep)
{
	/* the names are the successor's from its word on */
	if (!keep && m->control.fd >= 0) {
		bool in_charge = !m->upgrade.successor || m->upgrade.over;

		if (atomic_load(&m->board->succeeded)) {
			score_before_drop(m->conf->run_dir, getpid());
		} else {
			/* the next one's: ours, or left by one that was killed */
			control_unlink(m->conf->run_dir, true);
			if (in_charge)
				control_unlink(m->conf->run_dir, false);
		}
	}
	upgrade_drop(m, keep != NULL);
	if (m->loop) {
		crews_deinit(&m->crews);
		signals_stop(m);
		tick_stop(m);
		draining_deinit(&m->draining);
		control_stop(&m->control);
		ev_loop_destroy(m->loop);
	}
	reload_drop(m, keep);
	sdnotify_close(&m->sd);
	host_id_release(&m->host);
	fdutil_close(&m->identity_fd);
	fdutil_close(&m->run_dir_fd);
	if (!keep || keep->api_listen_fd != m->api_listen_fd)
		fdutil_close(&m->api_listen_fd);
	if (!keep || keep->health_listen_fd != m->health_listen_fd)
		fdutil_close(&m->health_listen_fd);
	control_close(&m->control); /* says to those who wait that all is free */
	if (!keep) {
		scoreboard_close(m->board);
		scoreboard_close(m->board_before);
	}
	mem_free(m);
}
