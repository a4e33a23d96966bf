/* test_session_files.c - sessions of the page in files: their end, their number */
#include "api/session_files.h"

#include "base/fdutil.h"
#include "base/str.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_MS ((int64_t)1780000000000)

static char folder[] = "/tmp/test_session_files.XXXXXX";

static const char *hash_of(int n)
{
	static char hash[DIGEST_HEX_SIZE];

	(void)snprintf(hash, sizeof(hash), "%064x", (unsigned int)n);
	return hash;
}

static size_t count_files(void)
{
	struct str path = STR_INIT;
	struct dirent *entry;
	size_t count = 0;
	DIR *list;

	str_printf(&path, "%s/page_sessions", folder);
	list = opendir(str_text(&path));
	while (list && (entry = readdir(list)))
		count += entry->d_name[0] != '.';
	if (list)
		(void)closedir(list);
	str_deinit(&path);
	return count;
}

static void put(const struct session_files *sessions, int n, int64_t expires_at_ms)
{
	struct session_file file = { .created_at_ms = NOW_MS,
				     .expires_at_ms = expires_at_ms };
	struct err err;

	(void)snprintf(file.key_hash, sizeof(file.key_hash), "%s", hash_of(7));
	assert_int_equal(session_files_put(sessions, hash_of(n), &file, NOW_MS, &err), 0);
}

static void test_one_lives_until_its_end(void **state)
{
	struct session_files *sessions = session_files_new(folder);
	struct session_file file;

	(void)state;
	assert_false(session_files_get(sessions, hash_of(1), NOW_MS, &file));
	put(sessions, 1, NOW_MS + 1000);
	assert_true(session_files_get(sessions, hash_of(1), NOW_MS + 999, &file));
	assert_string_equal(file.key_hash, hash_of(7));
	assert_int_equal(file.created_at_ms, NOW_MS);
	assert_false(session_files_get(sessions, hash_of(1), NOW_MS + 1000, &file));
	session_files_end(sessions, hash_of(1));
	assert_false(session_files_get(sessions, hash_of(1), NOW_MS, &file));
	session_files_end(sessions, hash_of(1));
	session_files_free(sessions);
}

static void test_those_that_are_over_go_and_there_are_not_too_many(void **state)
{
	struct session_files *sessions = session_files_new(folder);
	struct session_file file;
	int i;

	(void)state;
	put(sessions, 1, NOW_MS - 1);
	put(sessions, 2, NOW_MS + 1);
	assert_int_equal(count_files(), 1);
	for (i = 3; i < SESSION_FILES_MAX + 10; i++)
		put(sessions, i, NOW_MS + i);
	assert_int_equal(count_files(), SESSION_FILES_MAX);
	assert_false(session_files_get(sessions, hash_of(3), NOW_MS, &file));
	assert_true(session_files_get(sessions, hash_of(SESSION_FILES_MAX + 9), NOW_MS,
				      &file));
	session_files_free(sessions);
}

static void test_what_is_no_session_lets_nobody_in(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"key_hash\": null}",
		"{\"key_hash\": \"ab\", \"created_at_ms\": 1, \"expires_at_ms\": 9e17}",
		"{\"key_hash\": null, \"created_at_ms\": 1, \"expires_at_ms\": \"x\"}",
	};
	struct session_files *sessions = session_files_new(folder);
	struct session_file file;
	struct str path = STR_INIT;
	struct err err;
	size_t i;

	(void)state;
	str_printf(&path, "%s/page_sessions/%s", folder, hash_of(5));
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(fdutil_write_file(str_text(&path), texts[i],
						   strlen(texts[i]), 0600, &err),
				 0);
		assert_false(session_files_get(sessions, hash_of(5), NOW_MS, &file));
	}
	str_deinit(&path);
	session_files_free(sessions);
}

static void remove_all(void)
{
	struct str path = STR_INIT;
	struct dirent *entry;
	DIR *list;

	str_printf(&path, "%s/page_sessions", folder);
	list = opendir(str_text(&path));
	while (list && (entry = readdir(list)))
		(void)unlinkat(dirfd(list), entry->d_name, 0);
	if (list)
		(void)closedir(list);
	(void)rmdir(str_text(&path));
	(void)rmdir(folder);
	str_deinit(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_lives_until_its_end),
		cmocka_unit_test(test_those_that_are_over_go_and_there_are_not_too_many),
		cmocka_unit_test(test_what_is_no_session_lets_nobody_in),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_all();
	return failed;
}
