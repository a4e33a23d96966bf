/* test_conf_words.c - what is said to people of options */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf_words.h"

#include "conf/conf_rows.h"

#include <string.h>

static void near(const char *prefix, const char *word, const char *expected)
{
	size_t len = 0;
	const char *found = conf_words_near_in(prefix, word, &len);

	if (!expected) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(found, expected, len);
}

static void the_nearest_word_is_at_most_two_errors_away(void **state)
{
	(void)state;
	near("", "rediss", "redis"); /* one too many */
	near("", "reds", "redis");   /* one missing */
	near("", "rebis", "redis");  /* another */
	near("", "rdeis", "redis");  /* swapped */
	near("", "erdsi", "redis");  /* swapped twice */
	near("", "xeyis", "redis");  /* two others */
	near("", "xeyiz", NULL);     /* three */
	near("redis.", "queue-max", "queue_max");
	near("redis.", "URL", NULL); /* three others */
	near("redis.", "ur", "url");
	near("log.", "leveel", "level");
	near("log.", "url", NULL);
	near("nothing.", "url", NULL);
	near("", "", NULL);
	near("", "a_word_of_more_than_sixty_four_characters_is_near_to_nothing_at_all",
	     NULL);
}

static void the_nearest_option_is_found_by_key_and_by_variable(void **state)
{
	(void)state;
	assert_string_equal(conf_words_near_key("worker.slot")->key, "worker.slots");
	assert_string_equal(conf_words_near_key("worker_slots")->key, "worker.slots");
	assert_null(conf_words_near_key("something.else"));
	assert_string_equal(conf_words_near_env("SYNAPSED_WORKER_SLOT")->key,
			    "worker.slots");
	assert_string_equal(conf_words_near_env("SYNAPSED_REDIS_ULR")->key, "redis.url");
	assert_null(conf_words_near_env("SYNAPSED_SOMETHING"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_word_is_at_most_two_errors_away),
		cmocka_unit_test(the_nearest_option_is_found_by_key_and_by_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
