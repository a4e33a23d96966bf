/* test_files_journal.c - a run's journal as a file: torn tails, sums, one writer */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/fdutil.h"
#include "store/files_journal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static int dir_fd;

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test_journal.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	fdutil_close(&dir_fd);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

struct read {
	char text[256];
	size_t stop_after; /* 0: never */
	size_t count;
};

static enum files_scan take(void *arg, char type, const char *body, size_t len)
{
	struct read *read = arg;
	size_t used = strlen(read->text);

	assert_int_equal(body[len], '\0');
	(void)snprintf(read->text + used, sizeof(read->text) - used, "%c:%s ", type,
		       body);
	return ++read->count == read->stop_after ? FILES_SCAN_STOP : FILES_SCAN_ON;
}

static const char *content(int fd)
{
	static struct read read;
	struct err err;
	uint64_t at = 0;

	memset(&read, 0, sizeof(read));
	assert_int_equal(files_journal_scan(fd, &at, take, &read, &err), 0);
	return read.text;
}

static void add(struct files_journal *journal, char type, const char *text)
{
	struct str body = STR_INIT;

	str_add_text(&body, text);
	files_journal_add(journal, type, &body);
	str_deinit(&body);
}

static void store(struct files_journal *journal)
{
	struct err err;

	files_journal_take(journal);
	assert_int_equal(files_journal_write(journal, &err), 0);
	assert_int_equal(files_journal_sync(journal, &err), 0);
	files_journal_stored(journal);
	assert_true(files_journal_clean(journal));
	assert_int_equal(files_journal_end(journal), journal->durable);
}

static void make(struct files_journal *journal, const char *name)
{
	struct err err;

	assert_int_equal(files_journal_create(journal, dir_fd, name, &err), 0);
	add(journal, 'R', "one");
	add(journal, 'S', "two");
	store(journal);
}

static uint64_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

static void the_sum_is_castagnolis(void **state)
{
	(void)state;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
	assert_int_equal(crc32c(0, "", 0), 0);
}

static void what_is_stored_is_read_in_order(void **state)
{
	struct files_journal journal;
	struct read read = { .stop_after = 1 };
	struct err err;
	uint64_t at = 0;

	(void)state;
	make(&journal, "order");
	assert_string_equal(content(journal.fd), "R:one S:two ");
	assert_int_equal(journal.durable, size_of(journal.fd));
	assert_int_equal(files_journal_scan(journal.fd, &at, take, &read, &err), 0);
	assert_string_equal(read.text, "R:one ");
	read.stop_after = 0;
	assert_int_equal(files_journal_scan(journal.fd, &at, take, &read, &err), 0);
	assert_string_equal(read.text, "R:one S:two ");
	assert_int_equal(at, journal.durable);
	/* what comes later is read from there on */
	add(&journal, 'E', "");
	store(&journal);
	assert_int_equal(files_journal_scan(journal.fd, &at, take, &read, &err), 0);
	assert_string_equal(read.text, "R:one S:two E: ");
	files_journal_close(&journal);
}

static void a_name_is_taken_once(void **state)
{
	struct files_journal journal, other;
	struct err err;

	(void)state;
	make(&journal, "once");
	assert_int_equal(files_journal_create(&other, dir_fd, "once", &err),
			 ERR_CONFLICT);
	assert_int_equal(faccessat(dir_fd, "once" FILES_JOURNAL_FRESH, F_OK, 0), -1);
	files_journal_close(&journal);
}

/* Cut at every length: the whole records in front are there, the rest is gone. */
static void a_torn_tail_is_cut(void **state)
{
	struct files_journal journal, next;
	uint64_t whole, first, length, cut;
	struct err err;

	(void)state;
	make(&journal, "torn");
	first = 8 + 9 + 3;
	whole = journal.durable;
	assert_int_equal(whole, first + 9 + 3);
	files_journal_close(&journal);
	for (length = whole; length-- > 0;) {
		int fd = openat(dir_fd, "torn", O_RDWR | O_CLOEXEC);

		assert_int_equal(ftruncate(fd, (off_t)length), 0);
		fdutil_close(&fd);
		assert_int_equal(files_journal_adopt(&next, dir_fd, "torn", &cut, &err),
				 0);
		assert_string_equal(content(next.fd), length >= first ? "R:one " : "");
		assert_int_equal(next.durable, length >= first ? first
					       : length >= 8   ? 8
							       : 0);
		assert_int_equal(size_of(next.fd), next.durable);
		assert_int_equal(cut, length - next.durable);
		add(&next, 'S', "2nd");
		store(&next);
		assert_string_equal(content(next.fd),
				    length >= first ? "R:one S:2nd " : "S:2nd ");
		assert_int_equal(ftruncate(next.fd, (off_t)length), 0);
		files_journal_close(&next);
	}
}

/* Whatever byte of the last record is wrong. */
static void a_changed_byte_ends_the_journal(void **state)
{
	struct files_journal journal, next;
	uint64_t at, cut, whole;
	struct err err;

	(void)state;
	make(&journal, "byte");
	whole = journal.durable;
	files_journal_close(&journal);
	for (at = 8 + 9 + 3; at < whole; at++) {
		int fd = openat(dir_fd, "byte", O_RDWR | O_CLOEXEC);
		char c, wrong;

		assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
		wrong = (char)(c ^ 0x10);
		assert_int_equal(pwrite(fd, &wrong, 1, (off_t)at), 1);
		assert_string_equal(content(fd), "R:one ");
		assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
		fdutil_close(&fd);
	}
	assert_int_equal(files_journal_adopt(&next, dir_fd, "byte", &cut, &err), 0);
	assert_int_equal(cut, 0);
	files_journal_close(&next);
}

static void what_is_no_journal_is_refused(void **state)
{
	struct files_journal next;
	uint64_t cut;
	struct err err;
	int fd = openat(dir_fd, "other", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	fdutil_close(&fd);
	assert_int_equal(files_journal_adopt(&next, dir_fd, "other", &cut, &err),
			 ERR_INPUT);
	assert_int_equal(files_journal_adopt(&next, dir_fd, "none", &cut, &err),
			 ERR_NOT_FOUND);
}

static void a_journal_whose_writer_lives_is_left_alone(void **state)
{
	struct files_journal journal, next;
	int pipe_fds[2], status;
	uint64_t cut;
	struct err err;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		if (files_journal_create(&journal, dir_fd, "lives", &err) < 0)
			_exit(1);
		add(&journal, 'R', "one");
		files_journal_take(&journal);
		if (files_journal_write(&journal, &err) < 0 ||
		    files_journal_sync(&journal, &err) < 0 ||
		    write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(files_journal_adopt(&next, dir_fd, "lives", &cut, &err),
			 ERR_CONFLICT);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(files_journal_adopt(&next, dir_fd, "lives", &cut, &err), 0);
	assert_string_equal(content(next.fd), "R:one ");
	files_journal_close(&next);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
}

static void what_was_not_synced_is_written_again(void **state)
{
	struct files_journal journal;
	struct err err;

	(void)state;
	make(&journal, "again");
	add(&journal, 'S', "three");
	files_journal_take(&journal);
	assert_int_equal(files_journal_write(&journal, &err), 0);
	/* the disk lost it, and the sync failed: all since the last good one is kept */
	assert_int_equal(ftruncate(journal.fd, (off_t)journal.durable), 0);
	add(&journal, 'S', "four");
	store(&journal);
	assert_string_equal(content(journal.fd), "R:one S:two S:three S:four ");
	files_journal_close(&journal);
}

static void one_that_is_put_has_its_name_when_it_is_whole(void **state)
{
	struct files_journal journal = { .fd = -1 };
	struct err err;
	struct files_put put;
	int fd, i;

	(void)state;
	/* a process that put it before died in the middle */
	fd = openat(dir_fd, "put" FILES_JOURNAL_FRESH, O_WRONLY | O_CREAT | O_CLOEXEC,
		    0600);
	assert_int_equal(write(fd, "half", 4), 4);
	(void)close(fd);
	add(&journal, 'R', "one");
	for (i = 0; i < 2; i++) {
		files_put_init(&put, &journal, dir_fd, "put");
		assert_int_equal(files_put_make(&put, &err), i ? ERR_CONFLICT : 0);
		files_put_deinit(&put);
	}
	assert_int_equal(faccessat(dir_fd, "put" FILES_JOURNAL_FRESH, F_OK, 0), -1);
	fd = openat(dir_fd, "put", O_RDONLY | O_CLOEXEC);
	assert_string_equal(content(fd), "R:one ");
	(void)close(fd);
	files_journal_close(&journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_is_castagnolis),
		cmocka_unit_test(what_is_stored_is_read_in_order),
		cmocka_unit_test(a_name_is_taken_once),
		cmocka_unit_test(a_torn_tail_is_cut),
		cmocka_unit_test(a_changed_byte_ends_the_journal),
		cmocka_unit_test(what_is_no_journal_is_refused),
		cmocka_unit_test(a_journal_whose_writer_lives_is_left_alone),
		cmocka_unit_test(what_was_not_synced_is_written_again),
		cmocka_unit_test(one_that_is_put_has_its_name_when_it_is_whole),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
