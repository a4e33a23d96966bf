/* test_defs_folder.c - definitions in stock files: written beside what others wrote */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/mem.h"
#include "base/str.h"
#include "defs/defs_folder.h"
#include "defs/defs_past.h"
#include "store/files_edit.h"
#include "store/files_list.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/syn-defs-XXXXXX";
static struct defs_folder folder = { dir, "default", 0 };

static int make(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static const char *path_of(const char *file)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	return path;
}

static int sweep(void **state)
{
	(void)state;
	(void)unlink(path_of("orchestrations.json"));
	(void)unlink(path_of("custom_tools.json"));
	(void)unlink(path_of("mcp_servers.json"));
	(void)unlink(path_of("user_agents.json"));
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int leave(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *file, const char *text)
{
	struct err err;

	assert_int_equal(fdutil_write_file(path_of(file), text, strlen(text), 0600, &err),
			 0);
}

static void file_is(const char *file, const char *wanted)
{
	char *text;
	struct err err;
	size_t len;

	assert_int_equal(fdutil_read_file(path_of(file), 65536, &text, &len, &err), 0);
	assert_string_equal(text, wanted);
	mem_free(text);
}

static struct store_put put(enum store_definition_kind kind, const char *text,
			    int64_t expect, const char *only_tenant)
{
	const struct store_definition_new one = {
		.kind = kind,
		.id = "unused",
		.definition = text,
		.only_tenant = only_tenant,
		.expect = expect,
	};
	struct store_put ret;
	struct err err;

	assert_int_equal(defs_folder_put(&folder, &one, 1, &ret, &err), 0);
	return ret;
}

static void what_nobody_touched_stays_and_lines_are_as_stock_has_them(void **state)
{
	(void)state;
	write_file(
		"orchestrations.json",
		"[{\"id\":\"a\",\"x\":1.50,\"s\":\"a \\\"{[,:\"}, {\"no\":\"id\"}, 7]");
	assert_int_equal(put(STORE_ORCHESTRATION, "{\"id\":\"b\",\"e\":[],\"o\":{}}",
			     STORE_EXPECT_NONE, NULL)
				 .outcome,
			 STORE_PUT_STORED);
	file_is("orchestrations.json",
		"[\n  {\n    \"id\": \"a\",\n    \"x\": 1.50,\n    \"s\": \"a \\\"{[,:\"\n"
		"  },\n  {\n    \"no\": \"id\"\n  },\n  7,\n  {\n    \"id\": \"b\",\n"
		"    \"e\": [],\n    \"o\": {}\n  }\n]\n");
}

static void a_version_is_what_is_there(void **state)
{
	struct store_put first, second;

	(void)state;
	first = put(STORE_ORCHESTRATION, "{\"id\":\"a\",\"n\":1}", STORE_EXPECT_NONE,
		    NULL);
	assert_true(first.created && first.version > 0);
	assert_int_equal(
		put(STORE_ORCHESTRATION, "{\"id\":\"a\"}", STORE_EXPECT_NONE, NULL)
			.outcome,
		STORE_PUT_EXISTS);
	assert_int_equal(
		put(STORE_ORCHESTRATION, "{\"id\":\"a\",\"n\":1}", first.version, NULL)
			.outcome,
		STORE_PUT_SAME);
	second = put(STORE_ORCHESTRATION, "{\"id\":\"a\",\"n\":2}", first.version, NULL);
	assert_int_equal(second.outcome, STORE_PUT_STORED);
	assert_true(second.version != first.version && !second.created);
	first = put(STORE_ORCHESTRATION, "{\"id\":\"a\",\"n\":3}", first.version, NULL);
	assert_int_equal(first.outcome, STORE_PUT_CHANGED);
	assert_int_equal(first.version, second.version);
	assert_int_equal(put(STORE_ORCHESTRATION, "{\"id\":\"z\"}", 5, NULL).outcome,
			 STORE_PUT_NONE);
	assert_int_equal(
		put(STORE_ORCHESTRATION, "{\"id\":\"z\"}", STORE_EXPECT_ANY, "acme")
			.outcome,
		STORE_PUT_TENANT);
}

static void masks_keep_secrets_and_are_in_no_version(void **state)
{
	struct store_put first, second;

	(void)state;
	first = put(STORE_TOOL,
		    "{\"name\":\"t\",\"headers\":{\"A\":\"one\",\"Accept\":\"x\"}}",
		    STORE_EXPECT_ANY, NULL);
	second = put(
		STORE_TOOL,
		"{\"name\":\"t\",\"headers\":{\"A\":\"xxxxxxxxx\",\"B\":\"\",\"Accept\":\"y\"}}",
		first.version, NULL);
	assert_int_equal(second.outcome, STORE_PUT_STORED);
	file_is("custom_tools.json",
		"[\n  {\n    \"name\": \"t\",\n    \"headers\": {\n"
		"      \"A\": \"one\",\n      \"Accept\": \"y\"\n    }\n  }\n]\n");
	first = put(STORE_TOOL,
		    "{\"name\":\"t\",\"headers\":{\"A\":\"two\",\"Accept\":\"y\"}}",
		    STORE_EXPECT_ANY, NULL);
	assert_int_equal(first.version, second.version);
	assert_int_equal(
		put(STORE_TOOL, "{\"id\":\"t\"}", STORE_EXPECT_ANY, NULL).outcome,
		STORE_PUT_BAD);
}

static void what_is_no_list_is_not_written_over(void **state)
{
	const struct store_definition_new one = {
		.kind = STORE_ORCHESTRATION,
		.definition = "{\"id\":\"a\"}",
		.expect = STORE_EXPECT_ANY,
	};
	struct files_edit *other;
	struct store_put ret;
	struct err err;

	(void)state;
	write_file("orchestrations.json", "[{\"id\":");
	assert_int_equal(defs_folder_put(&folder, &one, 1, &ret, &err), ERR_INPUT);
	file_is("orchestrations.json", "[{\"id\":");
	write_file("orchestrations.json", "[]");
	assert_int_equal(
		files_edit_open(dir, "orchestrations.json", "id", 0, &other, &err), 0);
	assert_int_equal(defs_folder_put(&folder, &one, 1, &ret, &err), ERR_CONFLICT);
	files_edit_close(other);
	assert_int_equal(defs_folder_delete(&folder, STORE_ORCHESTRATION, "a", NULL,
					    STORE_EXPECT_ANY, &ret, &err),
			 0);
	assert_int_equal(ret.outcome, STORE_PUT_NONE);
	assert_int_equal(defs_folder_put(&folder, &one, 1, &ret, &err), 0);
	assert_int_equal(defs_folder_delete(&folder, STORE_ORCHESTRATION, "a", NULL,
					    ret.version, &ret, &err),
			 0);
	assert_int_equal(ret.outcome, STORE_PUT_DELETED);
	file_is("orchestrations.json", "[]\n");
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	char *text = mem_alloc(FILES_LIST_BYTES_MAX + 1);
	struct files_edit *edit;
	struct err err;

	(void)state;
	memset(text, 'x', FILES_LIST_BYTES_MAX);
	text[0] = text[FILES_LIST_BYTES_MAX - 1] = '"';
	text[FILES_LIST_BYTES_MAX] = '\0';
	write_file("orchestrations.json", "[]");
	assert_int_equal(
		files_edit_open(dir, "orchestrations.json", "id", 0, &edit, &err), 0);
	files_edit_put(edit, "a", text);
	assert_int_equal(files_edit_write(edit, &err), ERR_FULL);
	file_is("orchestrations.json", "[]");
	files_edit_close(edit);
	mem_free(text);
}

static void of_several_files_none_is_written_if_one_cannot_be(void **state)
{
	const struct store_definition_new puts[] = {
		{ .kind = STORE_ORCHESTRATION,
		  .definition = "{\"id\":\"a\"}",
		  .expect = STORE_EXPECT_ANY },
		{ .kind = STORE_MCP_SERVER,
		  .definition = "{\"name\":\"m\"}",
		  .expect = STORE_EXPECT_ANY },
		{ .kind = STORE_ORCHESTRATION,
		  .definition = "{\"id\":\"b\"}",
		  .expect = STORE_EXPECT_ANY },
	};
	struct store_put ret[3];
	struct err err;

	(void)state;
	write_file("orchestrations.json", "[]");
	write_file("mcp_servers.json", "{}");
	assert_int_equal(defs_folder_put(&folder, puts, 3, ret, &err), ERR_INPUT);
	file_is("orchestrations.json", "[]");
	write_file("mcp_servers.json", "[]");
	assert_int_equal(defs_folder_put(&folder, puts, 3, ret, &err), 0);
	assert_int_equal(ret[1].outcome, STORE_PUT_STORED);
	file_is("mcp_servers.json", "[\n  {\n    \"name\": \"m\"\n  }\n]\n");
	file_is("orchestrations.json",
		"[\n  {\n    \"id\": \"a\"\n  },\n  {\n    \"id\": \"b\"\n  }\n]\n");
}

static void what_the_disk_does_not_take_is_said_item_by_item(void **state)
{
	struct str big = STR_INIT;
	struct store_definition_new puts[] = {
		{ .kind = STORE_AGENT,
		  .definition = "{\"id\":\"a\"}",
		  .expect = STORE_EXPECT_ANY },
		{ .kind = STORE_TOOL, .expect = STORE_EXPECT_ANY },
	};
	struct rlimit before, small;
	struct store_put ret[2];
	struct err err;

	(void)state;
	str_printf(&big, "{\"name\":\"t\",\"x\":\"%05000d\"}", 0);
	puts[1].definition = str_text(&big);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(defs_folder_put(&folder, puts, 2, ret, &err), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	str_deinit(&big);
	assert_int_equal(ret[0].outcome, STORE_PUT_STORED);
	assert_int_equal(ret[1].outcome, STORE_PUT_BAD);
}

static void what_was_there_is_kept_without_its_secrets(void **state)
{
	struct defs_past past[DEFS_PAST_MAX];
	struct store_put stored;
	char *text = NULL;
	struct err err;

	(void)state;
	write_file("mcp_servers.json",
		   "[{\"name\":\"..\",\"token\":\"hush\",\"url\":\"a\"}]");
	stored =
		put(STORE_MCP_SERVER, "{\"name\":\"..\",\"token\":\"new\",\"url\":\"b\"}",
		    STORE_EXPECT_ANY, NULL);
	assert_int_equal(defs_past_list(dir, STORE_MCP_SERVER, "..", past), 2);
	assert_int_equal(past[0].version, stored.version);
	assert_true(past[0].at_ms > past[1].at_ms);
	assert_int_equal(
		defs_past_read(dir, STORE_MCP_SERVER, "..", past[1].version, &text, &err),
		0);
	assert_non_null(strstr(text, "\"url\":\"a\""));
	assert_null(strstr(text, "hush"));
	mem_free(text);
	assert_int_equal(defs_past_read(dir, STORE_MCP_SERVER, "..", 1, &text, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(defs_past_list(dir, STORE_MCP_SERVER, "none", past), 0);
}

static void no_more_than_the_newest_stay(void **state)
{
	struct defs_past past[DEFS_PAST_MAX];
	struct err err;
	int i;

	(void)state;
	for (i = 1; i <= DEFS_PAST_MAX + 3; i++)
		assert_int_equal(
			defs_past_keep(dir, STORE_AGENT, "a/b", i, 1000 + i, "{}", &err),
			0);
	/* one that is put back is the newest, once */
	assert_int_equal(defs_past_keep(dir, STORE_AGENT, "a/b", 20, 9000, "{}", &err),
			 0);
	assert_int_equal(defs_past_list(dir, STORE_AGENT, "a/b", past), DEFS_PAST_MAX);
	assert_int_equal(past[0].version, 20);
	assert_int_equal(past[1].version, DEFS_PAST_MAX + 3);
	assert_int_equal(past[DEFS_PAST_MAX - 1].version, 4);
}

static void a_version_that_a_power_cut_emptied_is_none(void **state)
{
	struct defs_past past[DEFS_PAST_MAX];
	char *text = NULL;
	struct err err;

	(void)state;
	assert_int_equal(defs_past_keep(dir, STORE_AGENT, "cut", 7, 1000, "{}", &err), 0);
	write_file("definition_versions/agents/cut/1000-7.json", "");
	assert_int_equal(defs_past_list(dir, STORE_AGENT, "cut", past), 1);
	assert_int_equal(past[0].bytes, 0);
	assert_int_equal(defs_past_read(dir, STORE_AGENT, "cut", 7, &text, &err),
			 ERR_NOT_FOUND);
}

static void no_link_leads_out_of_the_folder(void **state)
{
	char elsewhere[] = "/tmp/syn-else-XXXXXX";
	struct defs_past past[DEFS_PAST_MAX];
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(elsewhere));
	assert_int_equal(defs_past_keep(dir, STORE_TOOL, "own", 1, 1000, "{}", &err), 0);
	assert_int_equal(symlink(elsewhere, path_of("definition_versions/tools/led")), 0);
	assert_int_equal(defs_past_keep(dir, STORE_TOOL, "led", 1, 1000, "{}", &err),
			 ERR_SYS);
	assert_int_equal(defs_past_list(dir, STORE_TOOL, "led", past), 0);
	assert_int_equal(rmdir(elsewhere), 0); /* nothing is in it */
}

/* A copy that was put back has the time of the copy. */
static void what_a_hand_put_back_is_newer_than_what_was_kept(void **state)
{
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct defs_past past[DEFS_PAST_MAX];
	struct store_put first;

	(void)state;
	write_file("user_agents.json", "[]");
	first = put(STORE_AGENT, "{\"id\":\"h\",\"name\":\"one\"}", STORE_EXPECT_ANY,
		    NULL);
	write_file("user_agents.json", "[{\"id\":\"h\",\"name\":\"hand\"}]");
	assert_int_equal(utimensat(AT_FDCWD, path_of("user_agents.json"), old, 0), 0);
	(void)put(STORE_AGENT, "{\"id\":\"h\",\"name\":\"two\"}", STORE_EXPECT_ANY, NULL);
	assert_int_equal(defs_past_list(dir, STORE_AGENT, "h", past), 3);
	assert_int_equal(past[2].version, first.version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			what_nobody_touched_stays_and_lines_are_as_stock_has_them, sweep),
		cmocka_unit_test_teardown(a_version_is_what_is_there, sweep),
		cmocka_unit_test_teardown(what_was_there_is_kept_without_its_secrets,
					  sweep),
		cmocka_unit_test_teardown(no_more_than_the_newest_stay, sweep),
		cmocka_unit_test_teardown(a_version_that_a_power_cut_emptied_is_none,
					  sweep),
		cmocka_unit_test_teardown(no_link_leads_out_of_the_folder, sweep),
		cmocka_unit_test_teardown(
			what_a_hand_put_back_is_newer_than_what_was_kept, sweep),
		cmocka_unit_test_teardown(masks_keep_secrets_and_are_in_no_version,
					  sweep),
		cmocka_unit_test_teardown(what_is_no_list_is_not_written_over, sweep),
		cmocka_unit_test_teardown(what_no_reader_would_take_is_not_written,
					  sweep),
		cmocka_unit_test_teardown(
			of_several_files_none_is_written_if_one_cannot_be, sweep),
		cmocka_unit_test_teardown(
			what_the_disk_does_not_take_is_said_item_by_item, sweep),
	};

	return cmocka_run_group_tests(tests, make, leave);
}
