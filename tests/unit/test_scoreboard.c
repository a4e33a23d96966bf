/* test_scoreboard.c - one file, one writer per field, readers that check what they map */
#include "ipc/scoreboard.h"

#include "base/fdutil.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static char path[128];

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/syn-board-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, SCOREBOARD_FILE);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	(void)unlink(path); /* some tests leave none */
	return rmdir(dir);  /* fails when something else was left behind */
}

static struct scoreboard *made(void)
{
	struct scoreboard *board = NULL;
	struct err err = { .code = 0 };

	if (scoreboard_create(dir, "host-1", "1.2.3", &board, &err) < 0)
		fail_msg("%s", err.text);
	return board;
}

static void a_reader_sees_what_the_master_wrote(void **state)
{
	struct scoreboard *board = made();
	const struct scoreboard *seen = NULL;
	char text[IDS_MAX];

	(void)state;
	assert_int_equal(scoreboard_open_readonly(dir, &seen, NULL), 0);
	assert_string_equal(seen->host_name, "host-1");
	assert_string_equal(seen->version, "1.2.3");
	assert_int_equal(seen->master_pid, getpid());
	assert_true(scoreboard_master_alive(seen));
	assert_int_equal(atomic_load(&seen->master_state), SCORE_MASTER_STARTING);

	score_text_set(&board->slots[3].incarnation, "host-1.0badcafe");
	assert_string_equal(score_text_get(&seen->slots[3].incarnation, text),
			    "host-1.0badcafe");
	score_add(&board->slots[3], SCORE_STEPS, 5);
	score_add(&board->slots[3], SCORE_STEPS, 2);
	score_set(&board->slots[3], SCORE_ACTIVE_RUNS, 9);
	assert_int_equal(score_get(&seen->slots[3], SCORE_STEPS), 7);
	assert_int_equal(score_get(&seen->slots[3], SCORE_ACTIVE_RUNS), 9);
	assert_int_equal(score_get(&seen->slots[2], SCORE_STEPS), 0);
	scoreboard_close(seen);
	scoreboard_close(board);
	scoreboard_close(NULL);
}

static void a_dead_master_is_known_as_dead(void **state)
{
	struct scoreboard *board = made();
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	board->master_pid = pid;
	assert_false(scoreboard_master_alive(board));
	board->master_pid = 0;
	assert_false(scoreboard_master_alive(board));
	scoreboard_close(board);
}

static void a_reused_pid_is_not_taken_for_the_master(void **state)
{
	struct scoreboard *board = made();

	(void)state;
	assert_true(board->master_start_ticks > 0);
	board->master_start_ticks++;
	assert_false(scoreboard_master_alive(board));
	board->master_start_ticks = 0; /* made without a /proc: the pid has to do */
	assert_true(scoreboard_master_alive(board));
	scoreboard_close(board);
}

static void a_new_master_leaves_the_old_mapping_alone(void **state)
{
	struct scoreboard *first = made(), *second;
	const struct scoreboard *seen = NULL;

	(void)state;
	score_add(&first->slots[0], SCORE_STEPS, 1);
	second = made();
	assert_int_equal(scoreboard_open_readonly(dir, &seen, NULL), 0);
	assert_int_equal(score_get(&seen->slots[0], SCORE_STEPS), 0);
	assert_int_equal(score_get(&first->slots[0], SCORE_STEPS), 1);
	scoreboard_close(seen);
	scoreboard_close(first);
	scoreboard_close(second);
}

static void a_missing_file_is_not_found(void **state)
{
	const struct scoreboard *seen = NULL;
	struct err err;

	(void)state;
	assert_int_equal(scoreboard_open_readonly(dir, &seen, &err), ERR_NOT_FOUND);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(scoreboard_open_readonly("/nonexistent/x", &seen, &err),
			 ERR_NOT_FOUND);
	assert_null(seen);
}

static void a_file_of_another_kind_is_refused(void **state)
{
	const struct scoreboard *seen = NULL;
	struct err err;

	(void)state;
	assert_int_equal(fdutil_write_file(path, "hello", 5, 0600, NULL), 0);
	assert_int_equal(scoreboard_open_readonly(dir, &seen, &err), ERR_INPUT);
	assert_int_equal(truncate(path, (off_t)sizeof(struct scoreboard)), 0);
	assert_int_equal(scoreboard_open_readonly(dir, &seen, &err), ERR_INPUT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* and it does not hang */
	assert_int_equal(scoreboard_open_readonly(dir, &seen, &err), ERR_INPUT);
	assert_null(seen);
}

static void another_layout_is_refused(void **state)
{
	struct scoreboard *board = made();
	const struct scoreboard *seen = NULL;

	(void)state;
	board->layout++;
	assert_int_equal(scoreboard_open_readonly(dir, &seen, NULL), ERR_INPUT);
	board->layout--;
	board->slot_count--;
	assert_int_equal(scoreboard_open_readonly(dir, &seen, NULL), ERR_INPUT);
	board->slot_count++;
	board->slot_bytes--;
	assert_int_equal(scoreboard_open_readonly(dir, &seen, NULL), ERR_INPUT);
	scoreboard_close(board);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	struct scoreboard *board = NULL;
	struct err err;

	(void)state;
	assert_int_equal(scoreboard_create("/nonexistent/x", "h", "v", &board, &err),
			 ERR_SYS);
	assert_non_null(strstr(err.text, "/nonexistent/x/scoreboard.new"));
	assert_null(board);
}

static void a_long_text_is_cut_and_ended(void **state)
{
	static struct score_text text;
	char value[400], got[IDS_MAX];

	(void)state;
	memset(value, 'a', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	score_text_set(&text, value);
	assert_int_equal(strlen(score_text_get(&text, got)), IDS_MAX - 1);
	score_text_set(&text, "b");
	assert_string_equal(score_text_get(&text, got), "b");
}

static void a_text_whose_writer_died_reads_empty_until_the_next(void **state)
{
	static struct score_text text;
	char got[IDS_MAX];

	(void)state;
	score_text_set(&text, "half");
	atomic_fetch_add(&text.seq, 1); /* odd: it died in between */
	assert_string_equal(score_text_get(&text, got), "");
	score_text_set(&text, "whole");
	assert_string_equal(score_text_get(&text, got), "whole");
}

/* A child writes two texts in turn as fast as it can; no mixture is ever read. */
static void a_reader_never_sees_half_of_a_text(void **state)
{
	struct scoreboard *board = made();
	struct score_text *text = &board->slots[0].largest;
	char a[200], b[100], got[IDS_MAX];
	int status, i, seen = 0;
	pid_t pid;

	(void)state;
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
	score_text_set(text, a);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (i = 0; i < 200000; i++)
			score_text_set(text, i % 2 ? a : b);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		(void)score_text_get(text, got);
		if (got[0]) {
			assert_true(strcmp(got, a) == 0 || strcmp(got, b) == 0);
			seen++;
		}
	}
	assert_int_equal(status, 0);
	assert_true(seen > 0);
	scoreboard_close(board);
}

static void the_suspect_is_there_only_while_it_runs(void **state)
{
	static struct score_slot slot;
	char job[400], got[IDS_MAX];

	(void)state;
	assert_false(score_suspect_get(&slot, got));
	assert_string_equal(got, "");
	score_suspect_set(&slot, "run_1:1", 7);
	assert_true(score_suspect_get(&slot, got));
	assert_string_equal(got, "run_1:1");
	score_suspect_clear(&slot);
	assert_false(score_suspect_get(&slot, got));
	memset(job, 'j', sizeof(job));
	score_suspect_set(&slot, job, sizeof(job));
	assert_true(score_suspect_get(&slot, got));
	assert_int_equal(strlen(got), IDS_MAX - 1);
	atomic_store(&slot.suspect_len, 100000); /* a process gone mad wrote here */
	assert_false(score_suspect_get(&slot, got));
}

static void every_counter_has_a_name_of_its_own(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < SCORE_NCOUNTERS; i++) {
		assert_non_null(score_counter_rows[i].name);
		assert_true(strlen(score_counter_rows[i].help) > 5);
		for (j = 0; j < i; j++)
			assert_string_not_equal(score_counter_rows[i].name,
						score_counter_rows[j].name);
	}
	assert_string_equal(score_counter_rows[SCORE_PG_ERRORS].name, "pg_errors");
	assert_int_equal(score_counter_rows[SCORE_ACTIVE_RUNS].sort, SCORE_GAUGE);
}

static void every_state_has_a_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SCORE_NSTATES; i++)
		assert_string_not_equal(score_state_name((enum score_state)i), "unknown");
	assert_string_equal(score_state_name(SCORE_NSTATES), "unknown");
	for (i = SCORE_MASTER_STARTING; i <= SCORE_MASTER_STOPPED; i++)
		assert_string_not_equal(
			score_master_state_name((enum score_master_state)i), "unknown");
	assert_string_equal(score_master_state_name((enum score_master_state)i),
			    "unknown");
}

#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_reader_sees_what_the_master_wrote),
		WITH_DIR(a_dead_master_is_known_as_dead),
		WITH_DIR(a_reused_pid_is_not_taken_for_the_master),
		WITH_DIR(a_new_master_leaves_the_old_mapping_alone),
		WITH_DIR(a_missing_file_is_not_found),
		WITH_DIR(a_file_of_another_kind_is_refused),
		WITH_DIR(another_layout_is_refused),
		WITH_DIR(a_folder_that_is_not_there_is_an_error),
		cmocka_unit_test(a_long_text_is_cut_and_ended),
		cmocka_unit_test(a_text_whose_writer_died_reads_empty_until_the_next),
		WITH_DIR(a_reader_never_sees_half_of_a_text),
		cmocka_unit_test(the_suspect_is_there_only_while_it_runs),
		cmocka_unit_test(every_counter_has_a_name_of_its_own),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
