/* test_conf_diff.c - two configurations, option by option */
#include "conf/conf_diff.h"

#include "conf/conf.h"
#include "conf/conf_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* One of each kind of value: what it is set to differs from the default. */
static const char *const sets[] = {
	"postgres.pgbouncer=true",
	"log.level=debug",
	"worker.slots=7",
	"worker.processes=3",
	"data_dir=/elsewhere",
	"api.listen=127.0.0.1:1234",
	"drain.leaf=3s",
	"worker.name=other",
	"queue.names=a,b",
	"api.cors_origins=http://a.example",
	"redis.url=redis://u:secret@h:1/2",
	"roles=worker,keeper",
	"events.client_buffer=2MiB",
	"llm.openai_compatible.key=k",
};
#define NSETS (sizeof(sets) / sizeof(sets[0]))

static struct conf *load(const char *const *with, size_t count)
{
	struct conf_inputs in = { .sets = with, .set_count = count, .cores = 2 };
	struct conf_errors errors = { .count = 0 };
	struct conf *conf = NULL;

	assert_int_equal(conf_load(&in, &conf, &errors), 0);
	conf_errors_deinit(&errors);
	return conf;
}

static void what_is_the_same_does_not_differ(void **state)
{
	struct conf *a = load(sets, NSETS), *b = load(sets, NSETS);
	size_t i;

	(void)state;
	for (i = 0; i < conf_rows_count; i++)
		if (conf_diff_row(&conf_rows[i], a, b))
			fail_msg("%s", conf_rows[i].key);
	conf_free(a);
	conf_free(b);
}

static void each_kind_of_value_is_seen_to_differ_and_no_other_is(void **state)
{
	struct conf *plain = load(NULL, 0);
	size_t i, s;

	(void)state;
	for (s = 0; s < NSETS; s++) {
		struct conf *one = load(&sets[s], 1);

		for (i = 0; i < conf_rows_count; i++) {
			size_t len = strlen(conf_rows[i].key);
			bool set = strncmp(sets[s], conf_rows[i].key, len) == 0 &&
				   sets[s][len] == '=';

			if (conf_diff_row(&conf_rows[i], plain, one) != set)
				fail_msg("%s, %s", sets[s], conf_rows[i].key);
		}
		conf_free(one);
	}
	conf_free(plain);
}

static void what_is_undone_outlives_where_it_came_from(void **state)
{
	struct conf *old = load(sets, NSETS), *next = load(NULL, 0);
	struct conf *again = load(sets, NSETS);
	size_t i;

	(void)state;
	for (i = 0; i < conf_rows_count; i++)
		conf_diff_undo(&conf_rows[i], old, next);
	conf_free(old);
	for (i = 0; i < conf_rows_count; i++)
		if (conf_diff_row(&conf_rows[i], again, next))
			fail_msg("%s", conf_rows[i].key);
	assert_string_equal(conf_source(next, "worker.slots"), "command line");
	assert_string_equal(conf_source(next, "restart.min"), "default");
	conf_free(next);
	conf_free(again);
}

static void lists_differ_in_any_member(void **state)
{
	static const char *const one[] = { "queue.names=a,b" }, *const two[] = {
		"queue.names=a,c"
	};
	struct conf *a = load(one, 1), *b = load(two, 1);

	(void)state;
	assert_true(conf_diff_row(conf_rows_find("queue.names"), a, b));
	conf_free(a);
	conf_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_same_does_not_differ),
		cmocka_unit_test(each_kind_of_value_is_seen_to_differ_and_no_other_is),
		cmocka_unit_test(what_is_undone_outlives_where_it_came_from),
		cmocka_unit_test(lists_differ_in_any_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
