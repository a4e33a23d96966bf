/* test_log.c - one line each: an event and pairs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/jsonr.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int fds[2];
static char lines[65536];

static int open_pipe(void **state)
{
	(void)state;
	(void)unsetenv("JOURNAL_STREAM");
	log_identity(NULL, -1, -1);
	return pipe2(fds, O_NONBLOCK | O_CLOEXEC);
}

static int close_pipe(void **state)
{
	(void)state;
	return close(fds[0]) + close(fds[1]);
}

/* All that was written since the last call. */
static const char *written(void)
{
	ssize_t n = read(fds[0], lines, sizeof(lines) - 1);

	lines[n > 0 ? n : 0] = '\0';
	return lines;
}

static void a_line_has_time_level_event_and_pairs(void **state)
{
	char want[200];
	const char *line;

	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
	log_identity("worker", 2, 7);
	log_info("test.plain", LOG_S("text", "plain"), LOG_N("n", -3), LOG_S("no", NULL));
	line = written();
	assert_memory_equal(line, "time=2", 6);
	(void)snprintf(want, sizeof(want),
		       " level=info event=test.plain pid=%ld kind=worker slot=2 "
		       "generation=7 text=plain n=-3 no=\"\"\n",
		       (long)getpid());
	assert_string_equal(line + strlen("time=2026-11-23T21:45:00.123Z"), want);
}

static void levels_below_the_set_one_are_dropped(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, fds[1]);
	assert_int_equal(log_level_now(), LOG_LEVEL_WARN);
	log_info("test.dropped", LOG_N("n", 1));
	log_debug("test.dropped", LOG_N("n", 1));
	assert_string_equal(written(), "");
	log_warn("test.kept_w", LOG_N("n", 1));
	assert_non_null(strstr(written(), "level=warn"));
	log_error("test.kept_e", LOG_N("n", 1));
	assert_non_null(strstr(written(), "level=error"));
	log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, fds[1]);
	log_debug("test.kept_d", LOG_N("n", 1));
	assert_non_null(strstr(written(), "level=debug"));
}

static void text_from_outside_is_quoted_and_cut(void **state)
{
	char wide[1000];
	const char *line;

	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
	log_info(
		"test.quoted", LOG_S("a", "two words"), LOG_S("b", "x=\"y\"\\"),
		LOG_S("c", "a\nb\x01"
			   "c\x7f"),
		LOG_S("d", "caf\xC3\xA9"), /* CSI as one character, a text turned round */
		LOG_S("e", "\xC2\x9B"
			   "2J\xE2\x80\xAEz"));
	line = written();
	assert_non_null(strstr(line, " a=\"two words\" b=\"x=\\\"y\\\"\\\\\" "
				     "c=\"a\\nb\\u0001c\\u007f\" d=\"caf\xC3\xA9\" "
				     "e=\"\\u009b2J\\u202ez\"\n"));
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	log_info("test.cut", LOG_S("wide", wide));
	line = strstr(written(), "wide=");
	assert_int_equal(strlen(line), strlen("wide=\"") + 400 + strlen("...\"\n"));
	/* the cut falls into a character of two bytes: it goes as a whole */
	memcpy(wide + 399, "\xC3\xA9", 2);
	log_info("test.cut_whole", LOG_S("wide", wide));
	line = strstr(written(), "wide=");
	assert_int_equal(strlen(line), strlen("wide=\"") + 399 + strlen("...\"\n"));
}

static void what_is_not_utf8_becomes_question_marks(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON, fds[1]);
	log_info("test.bytes", LOG_S("bad", "a\xFF"
					    "b\xC3"));
	assert_non_null(strstr(written(), "\"bad\":\"a?b?\""));
}

/* One pair more than fits must not break the line. */
static void a_line_that_is_full_is_still_json(void **state)
{
	struct json *doc = NULL;
	char wide[401];
	const char *line;
	struct err err;

	(void)state;
	memset(wide, 1, sizeof(wide) - 1); /* each byte is written as six */
	wide[sizeof(wide) - 1] = '\0';
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON, fds[1]);
	log_info("test.full", LOG_S("first", "x"), LOG_S("wide", wide),
		 LOG_S("last", "y"));
	line = written();
	assert_true(line[0] && line[strlen(line) - 1] == '\n');
	if (jsonr_parse(line, strlen(line), &doc, NULL, NULL, &err) < 0)
		fail_msg("%s: %s", err.text, line);
	assert_string_equal(jsonr_get_text(doc, "first"), "x");
	assert_null(jsonr_get_text(doc, "wide"));
	assert_string_equal(jsonr_get_text(doc, "last"), "y");
	assert_int_equal(jsonr_get_int(doc, "cut_pairs", 0), 1);
	jsonr_free(doc);
}

static void json_lines_are_json(void **state)
{
	struct json *doc = NULL;
	const char *line;

	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON, fds[1]);
	log_identity("api", 0, 1);
	log_warn("test.json", LOG_S("text", "a \"b\"\n\t\x02"), LOG_N("n", INT64_MIN),
		 LOG_S("empty", ""));
	line = written();
	assert_int_equal(jsonr_parse(line, strlen(line), &doc, NULL, NULL, NULL), 0);
	assert_string_equal(jsonr_get_text(doc, "level"), "warn");
	assert_string_equal(jsonr_get_text(doc, "event"), "test.json");
	assert_string_equal(jsonr_get_text(doc, "kind"), "api");
	assert_int_equal(jsonr_get_int(doc, "slot", -9), 0);
	assert_int_equal(jsonr_get_int(doc, "generation", -9), 1);
	assert_string_equal(jsonr_get_text(doc, "text"), "a \"b\"\n\t\x02");
	assert_true(jsonr_get_int(doc, "n", 0) == INT64_MIN);
	assert_string_equal(jsonr_get_text(doc, "empty"), "");
	jsonr_free(doc);
}

static void the_journal_gets_a_prefix_and_no_time(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fds[1], &st), 0);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
	log_error("test.journal", LOG_N("n", 1));
	assert_memory_equal(written(), "<3>level=error event=test.journal", 33);
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	assert_false(log_to_journal(fds[1]));
	assert_int_equal(setenv("JOURNAL_STREAM", "junk", 1), 0);
	assert_false(log_to_journal(fds[1]));
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	assert_false(log_to_journal(-1));
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void a_flood_is_held_back_and_counted(void **state)
{
	const struct timespec pause = { 1, 100000000 };
	int i, seen = 0, held = 0;
	const char *p;

	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
	for (i = 0; i < 100; i++)
		log_info("test.flood", LOG_N("n", i));
	(void)nanosleep(&pause, NULL);
	log_info("test.flood", LOG_N("n", 100));
	log_info("test.other", LOG_N("n", 0));
	(void)written();
	for (p = lines; (p = strstr(p, "event=test.flood")); p++)
		seen++;
	for (p = lines; (p = strstr(p, "of=test.flood lines=")); p++)
		held += atoi(p + strlen("of=test.flood lines="));
	/* the second may turn in the midst of the flood: the sum holds all the same */
	assert_int_equal(seen + held, 101);
	assert_true(seen <= 41);
	assert_non_null(strstr(lines, "event=test.other"));
}

static void more_events_than_slots_are_written_without_a_limit(void **state)
{
	static char names[100][24];
	int i, seen = 0;
	const char *p;

	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
	for (i = 0; i < 100; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "many.e%d", i);
		log_info(names[i], LOG_N("n", i));
	}
	(void)written();
	for (p = lines; (p = strstr(p, "event=many.")); p++)
		seen++;
	assert_int_equal(seen, 100);
}

static void a_closed_descriptor_stops_nobody(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, -1);
	log_info("test.nowhere", LOG_N("n", 1));
	assert_string_equal(written(), "");
}

static int count_lines(const char *path)
{
	FILE *fp = fopen(path, "re");
	int c, count = 0;

	if (!fp)
		return -1;
	while ((c = getc(fp)) != EOF)
		count += c == '\n';
	(void)fclose(fp);
	return count;
}

static void a_moved_file_is_opened_again_by_its_old_name(void **state)
{
	char dir[] = "/tmp/syn-log-XXXXXX", path[64], moved[64];
	struct err err = { .code = 0 };
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	(void)snprintf(moved, sizeof(moved), "%s/log.1", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fd);
	log_info("a.b", LOG_N("n", 1));
	assert_int_equal(rename(path, moved), 0);
	log_info("a.b", LOG_N("n", 2)); /* still there */
	assert_int_equal(count_lines(moved), 2);
	assert_int_equal(log_reopen(&err), 1);
	log_info("a.b", LOG_N("n", 3));
	assert_int_equal(count_lines(moved), 2);
	assert_int_equal(count_lines(path), 1);
	/* what cannot be opened leaves the old one in use */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(moved), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(log_reopen(&err), ERR_SYS);
	assert_int_equal(close(fd), 0);
}

static void what_is_no_file_is_not_opened_again(void **state)
{
	struct err err = { .code = 0 };

	(void)state;
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
	assert_int_equal(log_reopen(&err), 0);
}

#define each(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void)
{
	const struct CMUnitTest tests[] = {
		each(a_line_has_time_level_event_and_pairs),
		each(levels_below_the_set_one_are_dropped),
		each(text_from_outside_is_quoted_and_cut),
		each(what_is_not_utf8_becomes_question_marks),
		each(a_line_that_is_full_is_still_json),
		each(json_lines_are_json),
		each(the_journal_gets_a_prefix_and_no_time),
		each(a_flood_is_held_back_and_counted),
		each(more_events_than_slots_are_written_without_a_limit),
		each(a_closed_descriptor_stops_nobody),
		each(a_moved_file_is_opened_again_by_its_old_name),
		each(what_is_no_file_is_not_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
