/* test_obits.c - deaths wait on the board until they are settled */
#include "master/obits.h"

#include "ipc/frame.h"
#include "master/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
	struct scoreboard *board;
	struct obits obits;
	struct child keeper;
	int fds[2]; /* ours, the keeper's */
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, bench->fds) < 0)
		return -1;
	bench->board = calloc(1, sizeof(*bench->board));
	obits_init(&bench->obits, bench->board);
	bench->keeper.state = CHILD_READY;
	bench->keeper.pid = 1001;
	bench->keeper.fd = bench->fds[0];
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	(void)close(bench->fds[0]);
	(void)close(bench->fds[1]);
	free(bench->board);
	free(bench);
	return 0;
}

/* A process lives in a slot, and dies. */
static int died(struct bench *bench, int pid)
{
	int index = obits_slot(&bench->obits);

	assert_true(index >= 0);
	atomic_store(&bench->board->slots[index].pid, pid);
	atomic_store(&bench->board->slots[index].state, SCORE_READY);
	score_add(&bench->board->slots[index], SCORE_STEPS, 3);
	score_suspect_set(&bench->board->slots[index], "run_1:1", 7);
	obits_record(&bench->obits, index, "signal SIGSEGV", 1234);
	return index;
}

static void told(struct bench *bench, int index, int pid)
{
	struct frame frame;

	assert_int_equal(frame_recv(bench->fds[1], &frame, NULL), 1);
	assert_int_equal(frame.type, FRAME_OBITUARY);
	assert_int_equal(frame.number, index);
	assert_int_equal(frame.pid, pid);
	assert_string_equal(frame.text, "signal SIGSEGV");
}

static void told_nothing(struct bench *bench)
{
	struct frame frame;

	assert_int_equal(frame_recv(bench->fds[1], &frame, NULL), 0);
}

static void a_dead_slot_keeps_what_it_knew(void **state)
{
	struct bench *bench = *state;
	int index = died(bench, 77);
	struct score_slot *slot = &bench->board->slots[index];
	char text[IDS_MAX];

	assert_int_equal(bench->obits.waiting, 1);
	assert_int_equal(atomic_load(&slot->state), SCORE_DEAD);
	assert_int_equal(atomic_load(&slot->died_at_ms), 1234);
	assert_true(score_suspect_get(slot, text));
	assert_string_equal(text, "run_1:1");
	assert_string_equal(score_text_get(&slot->cause, text), "signal SIGSEGV");
	assert_int_not_equal(obits_slot(&bench->obits), index); /* nobody gets it */
}

static void a_keeper_is_told_once(void **state)
{
	struct bench *bench = *state;
	int index = died(bench, 77);

	obits_tell(&bench->obits, &bench->keeper);
	told(bench, index, 77);
	obits_tell(&bench->obits, &bench->keeper);
	told_nothing(bench);
}

static void the_next_keeper_is_told_again(void **state)
{
	struct bench *bench = *state;
	int index = died(bench, 77);

	obits_tell(&bench->obits, &bench->keeper);
	told(bench, index, 77);
	bench->keeper.pid = 1002;
	obits_tell(&bench->obits, &bench->keeper);
	told(bench, index, 77);
}

static void a_keeper_that_is_not_ready_is_told_nothing(void **state)
{
	struct bench *bench = *state;
	int index = died(bench, 77);

	obits_tell(&bench->obits, NULL);
	bench->keeper.state = CHILD_STARTING;
	obits_tell(&bench->obits, &bench->keeper);
	bench->keeper.state = CHILD_BACKOFF;
	obits_tell(&bench->obits, &bench->keeper);
	told_nothing(bench);
	bench->keeper.state = CHILD_READY;
	obits_tell(&bench->obits, &bench->keeper);
	told(bench, index, 77);
}

static void a_settled_death_gives_its_slot_back_clean(void **state)
{
	struct bench *bench = *state;
	int index = died(bench, 77);
	struct score_slot *slot = &bench->board->slots[index];
	char text[IDS_MAX];

	obits_tell(&bench->obits, &bench->keeper);
	obits_done(&bench->obits, index, 77);
	assert_int_equal(bench->obits.waiting, 0);
	assert_int_equal(obits_slot(&bench->obits), index);
	assert_int_equal(atomic_load(&slot->pid), 0);
	assert_int_equal(score_get(slot, SCORE_STEPS), 0);
	assert_false(score_suspect_get(slot, text));
	assert_string_equal(score_text_get(&slot->cause, text), "");
}

static void an_answer_about_somebody_else_changes_nothing(void **state)
{
	struct bench *bench = *state;
	int index = died(bench, 77);

	obits_done(&bench->obits, index, 78);     /* an older death of that slot */
	obits_done(&bench->obits, index + 1, 77); /* a slot without a death */
	assert_int_equal(bench->obits.waiting, 1);
	assert_int_equal(atomic_load(&bench->board->slots[index].state), SCORE_DEAD);
	obits_done(&bench->obits, index, 77);
	obits_done(&bench->obits, index, 77); /* settled twice, counted once */
	assert_int_equal(bench->obits.waiting, 0);
}

static void what_the_socket_does_not_take_comes_later(void **state)
{
	struct bench *bench = *state;
	struct frame frame;
	int i, seen = 0;

	frame_init(&frame, FRAME_QUIET, 0, "");
	while (frame_send(bench->fds[0], &frame, NULL) == 0)
		continue;
	for (i = 0; i < 5; i++)
		(void)died(bench, 100 + i);
	obits_tell(&bench->obits, &bench->keeper); /* full */
	while (frame_recv(bench->fds[1], &frame, NULL) == 1)
		assert_int_equal(frame.type, FRAME_QUIET);
	obits_tell(&bench->obits, &bench->keeper);
	while (frame_recv(bench->fds[1], &frame, NULL) == 1)
		seen += frame.type == FRAME_OBITUARY;
	assert_int_equal(seen, 5);
}

static void a_full_board_says_so(void **state)
{
	struct bench *bench = *state;
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		(void)died(bench, 1000 + i);
	assert_int_equal(obits_slot(&bench->obits), ERR_FULL);
	obits_done(&bench->obits, 200, 1200);
	assert_int_equal(obits_slot(&bench->obits), 200);
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(a_dead_slot_keeps_what_it_knew),
		WITH_BENCH(a_keeper_is_told_once),
		WITH_BENCH(the_next_keeper_is_told_again),
		WITH_BENCH(a_keeper_that_is_not_ready_is_told_nothing),
		WITH_BENCH(a_settled_death_gives_its_slot_back_clean),
		WITH_BENCH(an_answer_about_somebody_else_changes_nothing),
		WITH_BENCH(what_the_socket_does_not_take_comes_later),
		WITH_BENCH(a_full_board_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
