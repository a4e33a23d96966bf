/*
 * scoreboard.c - what the processes of a host show each other: one mapped file
 *
 * A new master never writes into the file of the one before: it makes a new one beside it
 * and renames, so that whoever still reads the old mapping sees a consistent, if silent,
 * board. The blocks are allocated at once: a full disk is an error here and not a SIGBUS
 * in the middle of a run.
 *
 * Every field has one writer. Numbers are relaxed atomics: a reader may see one a moment
 * before another, never half of one. Texts have a sequence number that is odd while they
 * change; a reader tries again, and gives up with "" on a writer that died in between.
 */
#include "ipc/scoreboard.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(SCORE_NCOUNTERS <= SCORE_COUNTERS_ROOM, "a new layout is due");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters are shared between processes");
_Static_assert(sizeof(struct score_text) == 8 + IDS_MAX, "a text holds an id");
_Static_assert(sizeof(struct score_slot) % 128 == 0, "slots do not share cache lines");

#define SCORE_ROW(id, name, sort, help) { name, SCORE_##sort, help },
const struct score_counter_row score_counter_rows[] = { SCORE_COUNTERS(SCORE_ROW) };
#undef SCORE_ROW

#define TEXT_TRIES 1000

static int board_path(const char *run_dir, const char *suffix, char path[PATH_MAX],
		      struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s%s", run_dir, SCOREBOARD_FILE, suffix) >=
	    PATH_MAX)
		return err_set(err, ERR_LIMIT, "path too long: %.80s", run_dir);
	return 0;
}

/* The moment a process started, in clock ticks since the boot; 0: unknown. */
static uint64_t start_ticks(int pid)
{
	char path[64], *text = NULL;
	const char *p;
	uint64_t ticks = 0;
	int field;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fdutil_read_file(path, 4096, &text, NULL, NULL) < 0)
		return 0; /* no such process, or no /proc: the caller copes with both */
	/*
	 * the name in parentheses may hold anything; field 3 comes after the last of them
	 */
	p = strrchr(text, ')');
	for (field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	if (p)
		ticks = strtoull(p, NULL, 10);
	mem_free(text);
	return ticks;
}

static int create_at(const char *run_dir, const char *suffix, const char *host_name,
		     const char *version, struct scoreboard **ret, struct err *err)
{
	char tmp[PATH_MAX];
	struct scoreboard *board;
	void *map = MAP_FAILED;
	int fd = -1, rc;

	rc = board_path(run_dir, suffix, tmp, err);
	if (rc < 0)
		return rc;

	if (unlink(tmp) < 0 && errno != ENOENT)
		return err_errno(err, "remove %s", tmp);
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "create %s", tmp);
	errno = posix_fallocate(fd, 0, (off_t)sizeof(*board));
	if (errno) {
		rc = err_errno(err, "allocate %zu bytes for %s", sizeof(*board), tmp);
		goto out;
	}
	map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		rc = err_errno(err, "map %s", tmp);
		goto out;
	}

	board = map;
	board->layout = SCOREBOARD_LAYOUT;
	board->slot_count = SCOREBOARD_SLOTS;
	board->slot_bytes = sizeof(struct score_slot);
	board->master_pid = getpid();
	board->master_start_ticks = start_ticks(getpid());
	board->started_at_ms = clock_wall_ms();
	(void)snprintf(board->version, sizeof(board->version), "%s", version);
	(void)snprintf(board->host_name, sizeof(board->host_name), "%s", host_name);
	atomic_store(&board->master_pulse_mono_ms, clock_mono_ms());
	atomic_store(&board->generation, 1);
	memcpy(board->magic, SCOREBOARD_MAGIC, sizeof(board->magic));

	*ret = board;
	map = MAP_FAILED;
	rc = 0;
out:
	if (map != MAP_FAILED)
		(void)munmap(map, sizeof(*board)); /* our own mapping: cannot fail */
	fdutil_close(&fd);
	if (rc < 0)
		(void)unlink(tmp); /* the first error is the one to tell */
	return rc;
}

static int publish(const char *run_dir, const char *suffix, struct err *err)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	int rc = board_path(run_dir, "", path, err);

	if (rc == 0)
		rc = board_path(run_dir, suffix, tmp, err);
	if (rc < 0)
		return rc;
	if (rename(tmp, path) < 0) {
		rc = err_errno(err, "rename %s to %s", tmp, path);
		(void)unlink(tmp); /* the first error is the one to tell */
	}
	return rc;
}

int scoreboard_create(const char *run_dir, const char *host_name, const char *version,
		      struct scoreboard **ret, struct err *err)
{
	struct scoreboard *board = NULL;
	int rc = create_at(run_dir, ".new", host_name, version, &board, err);

	if (rc < 0)
		return rc;
	rc = publish(run_dir, ".new", err);
	if (rc < 0)
		scoreboard_close(board);
	else
		*ret = board;
	return rc;
}

int scoreboard_create_next(const char *run_dir, const char *host_name,
			   const char *version, struct scoreboard **ret, struct err *err)
{
	return create_at(run_dir, ".next", host_name, version, ret, err);
}

int scoreboard_publish_next(const char *run_dir, struct err *err)
{
	return publish(run_dir, ".next", err);
}

void scoreboard_unlink_next(const char *run_dir)
{
	char path[PATH_MAX];

	if (board_path(run_dir, ".next", path, NULL) == 0)
		(void)unlink(path); /* it may not be there any more */
}

int scoreboard_open_readonly(const char *run_dir, const struct scoreboard **ret,
			     struct err *err)
{
	char path[PATH_MAX];
	int rc = board_path(run_dir, "", path, err);

	return rc < 0 ? rc : scoreboard_open_file(path, ret, err);
}

int scoreboard_open_file(const char *path, const struct scoreboard **ret, struct err *err)
{
	const struct scoreboard *board;
	struct stat st;
	void *map;
	int fd, rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		bool missing = errno == ENOENT || errno == ENOTDIR;

		rc = err_errno(err, "open %s", path);
		if (missing) {
			rc = ERR_NOT_FOUND;
			if (err)
				err->code = rc;
		}
		return rc;
	}
	if (fstat(fd, &st) < 0) {
		rc = err_errno(err, "stat %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)sizeof(*board)) {
		rc = err_set(err, ERR_INPUT, "%s is not a scoreboard of this version",
			     path);
		goto out;
	}
	map = mmap(NULL, sizeof(*board), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		rc = err_errno(err, "map %s", path);
		goto out;
	}
	board = map;
	if (memcmp(board->magic, SCOREBOARD_MAGIC, sizeof(board->magic)) != 0 ||
	    board->layout != SCOREBOARD_LAYOUT || board->slot_count != SCOREBOARD_SLOTS ||
	    board->slot_bytes != sizeof(struct score_slot)) {
		(void)munmap(map, sizeof(*board)); /* our own mapping: cannot fail */
		rc = err_set(err, ERR_INPUT, "%s is not a scoreboard of this version",
			     path);
		goto out;
	}
	*ret = board;
	rc = 0;
out:
	fdutil_close(&fd);
	return rc;
}

void scoreboard_close(const struct scoreboard *board)
{
	if (board) /* the mapping was never const, only our view of it */
		(void)munmap((void *)(uintptr_t)board, sizeof(*board));
}

bool scoreboard_master_alive(const struct scoreboard *board)
{
	uint64_t ticks;

	if (board->master_pid <= 0)
		return false;
	if (kill(board->master_pid, 0) < 0 && errno != EPERM)
		return false;
	ticks = start_ticks(board->master_pid);
	return !ticks || !board->master_start_ticks || ticks == board->master_start_ticks;
}

const char *score_state_name(enum score_state state)
{
	switch (state) {
	case SCORE_FREE:
		return "free";
	case SCORE_STARTING:
		return "starting";
	case SCORE_READY:
		return "ready";
	case SCORE_QUIET:
		return "quiet";
	case SCORE_DRAINING:
		return "draining";
	case SCORE_KILLED:
		return "killed";
	case SCORE_DEAD:
		return "dead";
	case SCORE_NSTATES:
		break;
	}
	return "unknown";
}

const char *score_master_state_name(enum score_master_state state)
{
	switch (state) {
	case SCORE_MASTER_STARTING:
		return "starting";
	case SCORE_MASTER_RUNNING:
		return "running";
	case SCORE_MASTER_DEGRADED:
		return "degraded";
	case SCORE_MASTER_DRAINING:
		return "draining";
	case SCORE_MASTER_STOPPED:
		return "stopped";
	}
	return "unknown";
}

void score_text_set(struct score_text *text, const char *value)
{
	uint32_t seq = atomic_load_explicit(&text->seq, memory_order_relaxed);
	uint64_t words[SCORE_TEXT_WORDS] = { 0 };
	size_t len = strlen(value), i;

	if (len > sizeof(words) - 1)
		len = sizeof(words) - 1;
	memcpy(words, value, len);

	seq &= ~1u; /* the writer before us may have died in the middle */
	atomic_store_explicit(&text->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (i = 0; i < SCORE_TEXT_WORDS; i++)
		atomic_store_explicit(&text->words[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&text->seq, seq + 2, memory_order_release);
}

char *score_text_get(const struct score_text *text, char buf[IDS_MAX])
{
	uint64_t words[SCORE_TEXT_WORDS];
	uint32_t before, after;
	size_t i;
	int tries;

	for (tries = 0; tries < TEXT_TRIES; tries++) {
		before = atomic_load_explicit(&text->seq, memory_order_acquire);
		for (i = 0; i < SCORE_TEXT_WORDS; i++)
			words[i] = atomic_load_explicit(&text->words[i],
							memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&text->seq, memory_order_relaxed);
		if (before == after && !(before & 1)) {
			memcpy(buf, words, IDS_MAX);
			buf[IDS_MAX - 1] = '\0';
			return buf;
		}
	}
	buf[0] = '\0';
	return buf;
}

bool score_suspect_get(const struct score_slot *slot, char buf[IDS_MAX])
{
	int32_t len = atomic_load_explicit(&slot->suspect_len, memory_order_acquire);

	if (len <= 0 || len >= IDS_MAX) {
		buf[0] = '\0';
		return false;
	}
	memcpy(buf, slot->suspect, (size_t)len);
	buf[len] = '\0';
	return true;
}
