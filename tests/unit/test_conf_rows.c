/* test_conf_rows.c - the table against struct conf, and the nearest neighbours */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/conf_value.h"
#include "conf/conf_words.h"
#include "engine/event.h"

static size_t field_size(enum conf_kind kind)
{
	switch (kind) {
	case CONF_BOOL:
		return sizeof(bool);
	case CONF_CHOICE:
		return sizeof(int);
	case CONF_CPUS:
		return sizeof(struct conf_cpus);
	case CONF_COUNT:
	case CONF_MS:
	case CONF_SIZE:
		return sizeof(int64_t);
	case CONF_DIR:
	case CONF_NAME:
	case CONF_SECRET:
	case CONF_TOKEN:
	case CONF_WORD:
		return sizeof(const char *);
	case CONF_LISTEN:
		return sizeof(struct conf_listen);
	case CONF_NAMES:
	case CONF_NETS:
	case CONF_ORIGINS:
		return sizeof(struct conf_names);
	case CONF_SET:
		return sizeof(unsigned);
	}
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct conf_row *const *x = a, *const *y = b;

	return (*x)->at < (*y)->at ? -1 : (*x)->at > (*y)->at;
}

/* The rows, sorted by field, lie one behind the other with no more than padding between:
 * no field without a row, none with two, none of another size. */
static void every_field_has_one_row_of_its_size(void **state)
{
	const struct conf_row *rows[256];
	size_t i, end = 0;

	(void)state;
	assert_true(conf_rows_count <= sizeof(rows) / sizeof(rows[0]));
	for (i = 0; i < conf_rows_count; i++)
		rows[i] = &conf_rows[i];
	qsort(rows, conf_rows_count, sizeof(rows[0]), by_offset);
	for (i = 0; i < conf_rows_count; i++) {
		if (rows[i]->at < end || rows[i]->at - end >= sizeof(int64_t))
			fail_msg("%s: field at %zu, the one before ends at %zu",
				 rows[i]->key, rows[i]->at, end);
		end = rows[i]->at + field_size(rows[i]->kind);
	}
	assert_true(end <= sizeof(struct conf));
	assert_true(sizeof(struct conf) - end < sizeof(int64_t));
}

static void every_default_parses_and_reads_back(void **state)
{
	struct conf conf;
	struct arena arena;
	struct err err;
	struct str text = STR_INIT;
	size_t i;

	(void)state;
	memset(&conf, 0, sizeof(conf));
	arena_init(&arena);
	for (i = 0; i < conf_rows_count; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (conf_value_set_default(row, row->def, &conf, &arena, 1, &err) < 0)
			fail_msg("%s: %s", row->key, err.text);
		str_reset(&text, 4096);
		conf_value_add(row, &conf, &text);
		if (!*row->def) {
			assert_int_equal(text.len, 0);
			assert_non_null(row->example);
		} else if (conf_value_set(row, str_text(&text), &conf, &arena, 1, &err) <
			   0) {
			fail_msg("%s: reads back as %s", row->key, err.text);
		}
	}
	str_deinit(&text);
	arena_deinit(&arena);
}

static void every_number_refuses_what_is_beyond_its_range(void **state)
{
	struct conf conf;
	struct arena arena;
	struct err err;
	size_t i;

	(void)state;
	memset(&conf, 0, sizeof(conf));
	arena_init(&arena);
	for (i = 0; i < conf_rows_count; i++) {
		const struct conf_row *row = &conf_rows[i];
		const char *unit = row->kind == CONF_MS     ? "ms"
				   : row->kind == CONF_SIZE ? "B"
							    : "";
		char text[32];

		if (field_size(row->kind) != sizeof(int64_t) || row->kind == CONF_DIR ||
		    row->kind == CONF_NAME || row->kind == CONF_SECRET ||
		    row->kind == CONF_TOKEN || row->kind == CONF_WORD)
			continue;
		(void)snprintf(text, sizeof(text), "%lld%s", (long long)row->min, unit);
		assert_int_equal(conf_value_set(row, text, &conf, &arena, 1, &err), 0);
		(void)snprintf(text, sizeof(text), "%lld%s", (long long)row->max, unit);
		assert_int_equal(conf_value_set(row, text, &conf, &arena, 1, &err), 0);
		(void)snprintf(text, sizeof(text), "%lld%s", (long long)row->max + 1,
			       unit);
		assert_int_equal(conf_value_set(row, text, &conf, &arena, 1, &err),
				 ERR_INPUT);
		assert_non_null(strstr(err.text, "is out of range; expected"));
		(void)snprintf(text, sizeof(text), "%lld%s", (long long)row->min - 1,
			       unit);
		assert_int_equal(conf_value_set(row, text, &conf, &arena, 1, &err),
				 ERR_INPUT);
	}
	arena_deinit(&arena);
}

static void the_least_event_is_one_that_the_engine_can_write(void **state)
{
	(void)state;
	assert_int_equal(conf_rows_find("engine.event_max")->min, EVENT_MAX_LEAST);
}

/* Somebody reads it, and what needs a restart replaces nobody. */
static void every_option_says_whom_a_reload_replaces(void **state)
{
	struct str text = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < conf_rows_count; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (!row->readers ||
		    ((row->readers & CONF_FOR_START) && row->readers != CONF_FOR_START))
			fail_msg("%s", row->key);
	}
	conf_words_effect(conf_rows_find("engine.event_max"), &text);
	assert_string_equal(str_text(&text),
			    "replaces workers, API children and the keeper");
	str_reset(&text, 4096);
	conf_words_effect(conf_rows_find("worker.slots"), &text);
	assert_string_equal(str_text(&text), "replaces workers");
	str_reset(&text, 4096);
	conf_words_effect(conf_rows_find("redis.url"), &text);
	assert_string_equal(str_text(&text), "replaces all children");
	str_reset(&text, 4096);
	conf_words_effect(conf_rows_find("restart.min"), &text);
	assert_string_equal(str_text(&text), "replaces no child");
	str_reset(&text, 4096);
	conf_words_effect(conf_rows_find("data_dir"), &text);
	assert_string_equal(str_text(&text), "needs a restart");
	str_deinit(&text);
}

static void keys_and_environment_names_are_unique(void **state)
{
	char a[CONF_ENV_MAX], b[CONF_ENV_MAX];
	size_t i, j;

	(void)state;
	for (i = 0; i < conf_rows_count; i++) {
		for (j = 0; j < i; j++) {
			assert_string_not_equal(conf_rows_env(&conf_rows[i], a),
						conf_rows_env(&conf_rows[j], b));
			if (conf_rows[i].stock && conf_rows[j].stock)
				assert_string_not_equal(conf_rows[i].stock,
							conf_rows[j].stock);
		}
		assert_ptr_equal(conf_rows_find(conf_rows[i].key), &conf_rows[i]);
		/* a sentence without its full stop */
		assert_int_not_equal(conf_rows[i].what[strlen(conf_rows[i].what) - 1],
				     '.');
	}
	assert_null(conf_rows_find("log"));
	assert_null(conf_rows_find("log.leve"));
	assert_string_equal(conf_rows_env(conf_rows_find("redis.queue_max"), a),
			    "SYNAPSED_REDIS_QUEUE_MAX");
}

static void a_group_is_what_options_begin_with(void **state)
{
	(void)state;
	assert_true(conf_rows_is_group("redis"));
	assert_false(conf_rows_is_group("redi"));
	assert_false(conf_rows_is_group("redis.url"));
	assert_false(conf_rows_is_group("roles"));
	assert_false(conf_rows_is_group(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_one_row_of_its_size),
		cmocka_unit_test(every_default_parses_and_reads_back),
		cmocka_unit_test(every_number_refuses_what_is_beyond_its_range),
		cmocka_unit_test(the_least_event_is_one_that_the_engine_can_write),
		cmocka_unit_test(every_option_says_whom_a_reload_replaces),
		cmocka_unit_test(keys_and_environment_names_are_unique),
		cmocka_unit_test(a_group_is_what_options_begin_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
