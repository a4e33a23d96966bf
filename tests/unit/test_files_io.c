/* test_files_io.c - the thread that waits for the disk, and what it makes durable */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/loop.h"
#include "store/files_group.h"
#include "store/files_io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ev_loop *loop;
static char told[64];

struct letter {
	struct files_io_job job;
	char name;
	bool worked;
};

static void work(struct files_io_job *job)
{
	list_entry(job, struct letter, job)->worked = true;
}

static void done(struct files_io_job *job)
{
	const struct letter *letter = list_entry(job, struct letter, job);
	size_t len = strlen(told);

	assert_true(letter->worked);
	told[len] = letter->name;
	told[len + 1] = '\0';
}

static int set_up(void **state)
{
	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	told[0] = '\0';
	return loop ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ev_loop_destroy(loop);
	return 0;
}

static void what_is_added_is_done_in_order_and_told_on_the_loop(void **state)
{
	struct letter letters[3] = { { .name = 'a' }, { .name = 'b' }, { .name = 'c' } };
	struct files_io *io;
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(files_io_start(loop, &io, &err), 0);
	for (i = 0; i < 3; i++) {
		letters[i].job.work = work;
		letters[i].job.done = done;
		files_io_add(io, &letters[i].job);
	}
	assert_string_equal(told, "");
	while (strlen(told) < 3)
		(void)ev_run(loop, EVRUN_ONCE);
	assert_string_equal(told, "abc");
	files_io_stop(io);
}

static void who_settles_hears_of_all_of_it(void **state)
{
	struct letter letters[2] = { { .name = 'a' }, { .name = 'b' } };
	struct files_io *io;
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(files_io_start(loop, &io, &err), 0);
	for (i = 0; i < 2; i++) {
		letters[i].job.work = work;
		letters[i].job.done = done;
		files_io_add(io, &letters[i].job);
	}
	files_io_settle(io);
	assert_string_equal(told, "ab");
	letters[0].worked = false;
	files_io_add(io, &letters[0].job);
	files_io_stop(io);
	assert_string_equal(told, "aba");
}

/* ---- journals ---- */

struct world {
	struct files_group group;
	struct files_journal journal;
	size_t stored, bad, good;
	bool adds; /* once more, from inside */
};

static void add(struct files_journal *journal, const char *text)
{
	struct str body = STR_INIT;

	str_add_text(&body, text);
	files_journal_add(journal, 'S', &body);
	str_deinit(&body);
}

static void on_stored(void *ctx, struct files_journal *journal)
{
	struct world *world = ctx;

	world->stored++;
	if (!world->adds)
		return;
	world->adds = false;
	add(journal, "from inside");
	files_group_want(&world->group, journal);
}

static void on_disk(void *ctx, bool good, const struct err *err)
{
	struct world *world = ctx;

	(void)err;
	world->bad += !good;
	world->good += good;
}

static const struct files_group_ops ops = { .stored = on_stored, .disk = on_disk };

static void what_is_added_while_it_flies_is_durable_next(void **state)
{
	char path[] = "/tmp/test_io.XXXXXX", command[64];
	struct world world = { .adds = true };
	struct files_dir dir;
	struct files_io *io;
	struct err err;
	uint64_t before;
	char text[8];
	int fd, real;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(files_dir_open(&dir, path, &err), 0);
	assert_int_equal(files_io_start(loop, &io, &err), 0);
	files_group_start(&world.group, loop, io, &dir, &ops, &world);
	assert_int_equal(
		files_journal_create(&world.journal, dir.live, "r.journal", &err), 0);
	dir.changed = true;
	add(&world.journal, "one");
	files_group_want(&world.group, &world.journal);
	assert_int_equal(files_group_flush(&world.group, &err), 0);
	assert_int_equal(world.stored, 2);
	assert_true(files_journal_clean(&world.journal));
	assert_false(dir.changed);

	/* what must be there first cannot be: nothing is told, and all of it is kept */
	before = world.journal.durable;
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC); /* fsync refuses it */
	assert_true(files_group_first(&world.group, fd, "note", 4));
	add(&world.journal, "two");
	files_group_want(&world.group, &world.journal);
	assert_true(files_group_flush(&world.group, &err) < 0);
	assert_int_equal(world.bad, 1);
	assert_int_equal(world.journal.durable, before);
	assert_false(files_journal_clean(&world.journal));
	/* then it can be, and is written anew: the disk may have lost it */
	real = openat(dir.live, "note", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(dup3(real, fd, O_CLOEXEC), fd);
	assert_int_equal(files_group_flush(&world.group, &err), 0);
	assert_int_equal(pread(real, text, sizeof(text), 0), 4);
	assert_memory_equal(text, "note", 4);
	assert_int_equal(world.group.first_count, 0);
	fdutil_close(&real);
	assert_int_equal(world.good, 1);
	assert_true(files_journal_clean(&world.journal));

	files_io_stop(io);
	files_group_stop(&world.group);
	files_journal_close(&world.journal);
	files_dir_close(&dir);
	(void)snprintf(command, sizeof(command), "rm -r %s", path);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_added_is_done_in_order_and_told_on_the_loop, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(who_settles_hears_of_all_of_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_added_while_it_flies_is_durable_next, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
