/* test_queue_mail.c - texts of hints, read strictly */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue/queue_mail.h"

#include <string.h>

static bool reads(const char *text, size_t len, struct queue_mail *mail)
{
	return queue_mail_read((struct queue_text){ text, len }, mail);
}

static void a_cancel_names_its_run(void **state)
{
	struct queue_mail mail;

	(void)state;
	assert_true(reads("1 cancel run_ab_1", 17, &mail));
	assert_int_equal(mail.kind, QUEUE_MAIL_CANCEL);
	assert_string_equal(mail.run_id, "run_ab_1");
	/* ids of stock clients may hold anything that is printed */
	assert_true(reads("1 cancel a b:\xc3\xbc", 15, &mail));
	assert_string_equal(mail.run_id, "a b:\xc3\xbc");
}

static void what_people_want_of_a_worker_names_its_incarnation(void **state)
{
	struct queue_mail mail;

	(void)state;
	assert_true(reads("1 quiet h-0.ab12", 16, &mail));
	assert_int_equal(mail.kind, QUEUE_MAIL_QUIET);
	assert_string_equal(mail.run_id, "h-0.ab12");
	assert_true(reads("1 stop h-0.ab12", 15, &mail));
	assert_int_equal(mail.kind, QUEUE_MAIL_STOP);
}

static void what_is_no_text_of_ours_is_refused(void **state)
{
	static const char *const bad[] = {
		"",        "1 cancel ",  "2 cancel r",   "cancel r",
		"1 ask r", "1 CANCEL r", "1 cancel r\n", " 1 cancel r"
	};
	struct queue_mail mail;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(reads(bad[i], strlen(bad[i]), &mail));
	assert_false(reads("1 cancel a\0b", 12, &mail));
	assert_false(reads(NULL, 0, &mail));
}

static void an_id_fits_or_is_none(void **state)
{
	char text[9 + IDS_MAX] = "1 cancel ";
	struct queue_mail mail;

	(void)state;
	memset(text + 9, 'x', IDS_MAX);
	assert_true(reads(text, 9 + IDS_MAX - 1, &mail));
	assert_int_equal(strlen(mail.run_id), IDS_MAX - 1);
	assert_false(reads(text, 9 + IDS_MAX, &mail));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cancel_names_its_run),
		cmocka_unit_test(what_people_want_of_a_worker_names_its_incarnation),
		cmocka_unit_test(what_is_no_text_of_ours_is_refused),
		cmocka_unit_test(an_id_fits_or_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
