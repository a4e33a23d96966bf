/*
 * files_journal.c - a run's journal as a file
 *
 *	file     "SYNJ0001" record...
 *	record   length of the body, CRC-32C of type and body: 4 bytes each, little
 *		 endian; the type: 1 byte; the body
 *
 * Records are only ever added, so what was durable once stays where it is. A writer that
 * died may have left a piece of its last records: the next one cuts it off. It was told
 * to nobody, since who waits for a record waits for the sync behind it.
 *
 * A failed sync says nothing about which bytes the disk has, and the next one may succeed
 * without having written them. So everything since the last good one is kept in memory
 * and written anew.
 */
#include "store/files_journal.h"

#include "base/crc32c.h"
#include "base/fdutil.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC      "SYNJ0001"
#define MAGIC_SIZE 8
#define HEAD_SIZE  FILES_RECORD_HEAD
#define READ_STEP  ((size_t)64 * 1024)

static void put_u32(unsigned char *to, uint32_t n)
{
	to[0] = (unsigned char)n;
	to[1] = (unsigned char)(n >> 8);
	to[2] = (unsigned char)(n >> 16);
	to[3] = (unsigned char)(n >> 24);
}

static uint32_t get_u32(const unsigned char *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

static uint32_t checksum(char type, const char *body, size_t len)
{
	return crc32c(crc32c(0, &type, 1), body, len);
}

/* ---- writing ---- */

static void begin(struct files_journal *journal, int fd, uint64_t durable)
{
	memset(journal, 0, sizeof(*journal));
	journal->fd = fd;
	journal->durable = durable;
	if (!durable)
		str_add(&journal->pending, MAGIC, MAGIC_SIZE);
}

/* Without its name, so that nobody adopts what is not locked yet. */
static int create_locked(int dir_fd, const char *name, int *ret, struct err *err)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return err_errno(err, "create %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		rc = err_errno(err, "lock %s", name);
		(void)unlinkat(dir_fd, name, 0);
		fdutil_close(&fd);
	}
	*ret = fd;
	return rc;
}

/* Two of one name meet here, if not before. */
static int give_name(int dir_fd, const char *fresh, const char *name, struct err *err)
{
	if (linkat(dir_fd, fresh, dir_fd, name, 0) == 0)
		return 0;
	return errno == EEXIST ? err_set(err, ERR_CONFLICT, "%s exists", name)
			       : err_errno(err, "name %s", name);
}

int files_journal_create(struct files_journal *journal, int dir_fd, const char *name,
			 struct err *err)
{
	struct str fresh = STR_INIT;
	int fd = -1, rc;

	str_printf(&fresh, "%s" FILES_JOURNAL_FRESH, name);
	rc = create_locked(dir_fd, str_text(&fresh), &fd, err);
	if (rc == 0)
		rc = give_name(dir_fd, str_text(&fresh), name, err);
	if (fd >= 0)
		(void)unlinkat(dir_fd, str_text(&fresh), 0); /* what stays is swept */
	str_deinit(&fresh);
	if (rc < 0)
		fdutil_close(&fd);
	else
		begin(journal, fd, 0);
	return rc;
}

/* Still what the folder has under that name: its writer may have moved it meanwhile. */
static bool same(int fd, int dir_fd, const char *name)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 &&
	       fstatat(dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

void files_put_init(struct files_put *put, const struct files_journal *journal,
		    int dir_fd, const char *name)
{
	put->dir_fd = dir_fd;
	(void)snprintf(put->name, sizeof(put->name), "%s", name);
	(void)snprintf(put->fresh, sizeof(put->fresh), "%s" FILES_JOURNAL_FRESH, name);
	begin(&put->journal, -1, 0);
	str_add(&put->journal.pending, journal->pending.data, journal->pending.len);
	files_journal_take(&put->journal);
}

int files_put_make(struct files_put *put, struct err *err)
{
	struct files_journal *journal = &put->journal;
	int rc;

	if (unlinkat(put->dir_fd, put->fresh, 0) < 0 && errno != ENOENT)
		return err_errno(err, "delete %s", put->fresh);
	rc = create_locked(put->dir_fd, put->fresh, &journal->fd, err);
	if (rc < 0)
		return rc;
	rc = files_journal_write(journal, err);
	if (rc == 0)
		rc = files_journal_sync(journal, err);
	/* another process that puts the same has replaced it? Then it is that one's */
	if (rc == 0 && !same(journal->fd, put->dir_fd, put->fresh))
		return err_set(err, ERR_CONFLICT, "somebody else makes %s", put->name);
	if (rc == 0)
		rc = give_name(put->dir_fd, put->fresh, put->name, err);
	(void)unlinkat(put->dir_fd, put->fresh, 0); /* or the next one does */
	return rc;
}

void files_put_deinit(struct files_put *put)
{
	files_journal_close(&put->journal);
}

static enum files_scan pass_over(void *arg, char type, const char *body, size_t len)
{
	(void)arg;
	(void)type;
	(void)body;
	(void)len;
	return FILES_SCAN_ON;
}

static int cut_tail(int fd, uint64_t *ret_end, uint64_t *ret_cut, struct err *err)
{
	uint64_t end = 0;
	struct stat st;
	int rc;

	rc = files_journal_scan(fd, &end, pass_over, NULL, err);
	if (rc < 0)
		return rc;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "fstat");
	*ret_cut = (uint64_t)st.st_size - end;
	*ret_end = end;
	if (*ret_cut && ftruncate(fd, (off_t)end) < 0)
		return err_errno(err, "ftruncate");
	return 0;
}

int files_journal_adopt(struct files_journal *journal, int dir_fd, const char *name,
			uint64_t *ret_cut, struct err *err)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	uint64_t end = 0;
	int rc;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "%s is gone", name);
	if (fd < 0)
		return err_errno(err, "open %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = errno == EWOULDBLOCK
			     ? err_set(err, ERR_CONFLICT, "%s has its writer", name)
			     : err_errno(err, "lock %s", name);
	else if (!same(fd, dir_fd, name))
		rc = err_set(err, ERR_NOT_FOUND, "%s is gone", name);
	else
		rc = cut_tail(fd, &end, ret_cut, err);
	if (rc < 0) {
		fdutil_close(&fd);
		return rc;
	}
	begin(journal, fd, end);
	return 0;
}

void files_journal_close(struct files_journal *journal)
{
	list_remove(&journal->dirty);
	str_deinit(&journal->flying);
	str_deinit(&journal->pending);
	if (journal->fd > 0)
		fdutil_close(&journal->fd);
}

void files_journal_add(struct files_journal *journal, char type, const struct str *body)
{
	unsigned char head[HEAD_SIZE];

	assert(body->len <= FILES_RECORD_MAX);
	put_u32(head, (uint32_t)body->len);
	put_u32(head + 4, checksum(type, str_text(body), body->len));
	head[8] = (unsigned char)type;
	str_add(&journal->pending, head, sizeof(head));
	str_add(&journal->pending, str_text(body), body->len);
}

void files_journal_take(struct files_journal *journal)
{
	struct str empty = STR_INIT;

	if (!journal->flying.len) {
		str_deinit(&journal->flying);
		journal->flying = journal->pending;
		journal->pending = empty;
	} else {
		str_add(&journal->flying, journal->pending.data, journal->pending.len);
		str_deinit(&journal->pending);
	}
}

int files_journal_write(const struct files_journal *journal, struct err *err)
{
	const struct str *flying = &journal->flying;
	size_t done = 0;
	ssize_t n;

	while (done < flying->len) {
		n = pwrite(journal->fd, flying->data + done, flying->len - done,
			   (off_t)(journal->durable + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int rc = err_errno(err, "write the journal");

			/* if not even that: readers pass over what is not whole */
			if (ftruncate(journal->fd, (off_t)journal->durable) < 0)
				(void)err_wrap(err, "and it cannot be cut");
			return rc;
		}
		done += (size_t)n;
	}
	return 0;
}

int files_journal_sync(const struct files_journal *journal, struct err *err)
{
	if (fdatasync(journal->fd) < 0)
		return err_errno(err, "sync the journal");
	return 0;
}

void files_journal_stored(struct files_journal *journal)
{
	journal->durable += journal->flying.len;
	str_reset(&journal->flying, READ_STEP);
}

uint64_t files_journal_end(const struct files_journal *journal)
{
	return journal->durable + journal->flying.len + journal->pending.len;
}

bool files_journal_clean(const struct files_journal *journal)
{
	return journal->flying.len + journal->pending.len == 0;
}

/* ---- reading ---- */

struct reading {
	int fd;
	uint64_t at;    /* of buf's first byte in the file */
	struct str buf; /* from there on */
	size_t used;    /* of it */
};

/* At least n unused bytes in the buffer: 1; the file ends before: 0. */
static int want(struct reading *r, size_t n, struct err *err)
{
	while (r->buf.len - r->used < n) {
		size_t more = n - (r->buf.len - r->used);
		char *to;
		ssize_t got;

		if (r->used) {
			r->at += r->used;
			str_drop(&r->buf, r->used);
			r->used = 0;
		}
		if (more < READ_STEP)
			more = READ_STEP;
		to = str_reserve(&r->buf, more);
		got = pread(r->fd, to, more, (off_t)(r->at + r->buf.len));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "read the journal");
		if (got == 0)
			return 0;
		str_grew(&r->buf, (size_t)got);
	}
	return 1;
}

static int read_magic(struct reading *r, struct err *err)
{
	int rc = want(r, MAGIC_SIZE, err);

	if (rc <= 0)
		return rc;
	if (memcmp(r->buf.data, MAGIC, MAGIC_SIZE) != 0)
		return err_set(err, ERR_INPUT, "the file is no journal");
	r->used += MAGIC_SIZE;
	return 1;
}

/* One record: 1, *ret_stop when the reader has enough; 0: there is no whole one. */
static int read_record(struct reading *r, files_record_cb cb, void *arg, bool *ret_stop,
		       struct err *err)
{
	const unsigned char *head;
	uint32_t sum;
	size_t len;
	char *body, type, behind;
	int rc = want(r, HEAD_SIZE, err);

	if (rc <= 0)
		return rc;
	head = (const unsigned char *)r->buf.data + r->used;
	len = get_u32(head);
	sum = get_u32(head + 4);
	type = (char)head[8];
	if (len > FILES_RECORD_MAX)
		return 0;
	rc = want(r, HEAD_SIZE + len, err);
	if (rc <= 0)
		return rc;
	body = r->buf.data + r->used + HEAD_SIZE;
	if (checksum(type, body, len) != sum)
		return 0;
	behind = body[len]; /* the buffer has a NUL behind its end at least */
	body[len] = '\0';
	*ret_stop = cb(arg, type, body, len) == FILES_SCAN_STOP;
	body[len] = behind;
	r->used += HEAD_SIZE + len;
	return 1;
}

int files_journal_scan(int fd, uint64_t *at, files_record_cb cb, void *arg,
		       struct err *err)
{
	struct reading r = { .fd = fd, .at = *at };
	bool stop = false;
	int rc = 1;

	if (*at == 0)
		rc = read_magic(&r, err);
	while (rc > 0 && !stop) {
		*at = r.at + r.used;
		rc = read_record(&r, cb, arg, &stop, err);
	}
	if (rc >= 0 && r.at + r.used > *at)
		*at = r.at + r.used;
	str_deinit(&r.buf);
	return rc < 0 ? rc : 0;
}
