/* test_conf_yaml.c - the YAML reader: what it takes, and where it says what is wrong */
#include "conf_fixture.h"

#include "base/str.h"
#include "conf/conf_yaml.h"

#include <sys/stat.h>

#define URL_WANTED "expected a URL that begins with redis:// or rediss:// or unix://"

static void a_file_sets_options(void **state)
{
	(void)state;
	LOADED(.yaml = "# a comment\n"
		       "roles: [worker, keeper]\n"
		       "redis:\n"
		       "  url: redis://h/1\n"
		       "  queue_max: 200\n"
		       "queue: { names: [a, \"b\"], poll: '2s' }\n"
		       "worker: {processes: auto, name: \"12\"}\n"
		       "engine:\n"
		       "    state_max: 16MiB\n"
		       "limits:\n"
		       "  rate_per_tenant: 0\n",
	       .cores = 2);
	assert_int_equal(fixture.conf->roles, CONF_ROLE_WORKER | CONF_ROLE_KEEPER);
	assert_string_equal(fixture.conf->redis.url, "redis://h/1");
	assert_int_equal(fixture.conf->redis.queue_max, 200);
	assert_int_equal(fixture.conf->queue.names.count, 2);
	assert_int_equal(fixture.conf->queue.poll_ms, 2000);
	assert_int_equal(fixture.conf->worker.processes.n, 2);
	assert_string_equal(fixture.conf->worker.name, "12");
	assert_int_equal(fixture.conf->engine.state_max_bytes, 16 * 1024 * 1024);
	assert_int_equal(fixture.conf->limits.rate_per_tenant, 0);
	assert_string_equal(conf_source(fixture.conf, "redis.url"), "f.yaml:4:8");
	assert_string_equal(conf_source(fixture.conf, "queue.names"), "f.yaml:6:17");
	assert_string_equal(conf_source(fixture.conf, "log.level"), "default");
}

static void a_list_may_be_one_word_or_have_commas(void **state)
{
	(void)state;
	LOADED(.yaml = "roles: api\nqueue: {names: 'a,b'}\n");
	assert_int_equal(fixture.conf->roles, CONF_ROLE_API);
	assert_int_equal(fixture.conf->queue.names.count, 2);
}

static void a_file_may_say_nothing(void **state)
{
	(void)state;
	LOADED(.yaml = "\n");
	LOADED(.yaml = "# nothing\n");
	LOADED(.yaml = "---\n");
	LOADED(.yaml = "---\n...\n");
	LOADED(.yaml = "{}\n");
	LOADED(.yaml = "redis:\nlog: ~\nqueue: {}\n");
	LOADED(.yaml = "\357\273\277log: {level: warn}\n"); /* a byte order mark */
	assert_int_equal(fixture.conf->log.level, LOG_LEVEL_WARN);
	LOADED(.yaml = "log:\r\n  level: warn\r\n");
	assert_int_equal(fixture.conf->log.level, LOG_LEVEL_WARN);
}

static void booleans_are_those_of_pyyaml(void **state)
{
	static const char *const words[] = { "yes", "Yes",  "YES",  "on",  "On",
					     "ON",  "true", "True", "TRUE" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char yaml[64];

		(void)snprintf(yaml, sizeof(yaml), "postgres: {pgbouncer: %s}\n",
			       words[i]);
		LOADED(.yaml = yaml);
		assert_true(fixture.conf->postgres.pgbouncer);
	}
	LOADED(.yaml = "postgres: {pgbouncer: off}\n");
	assert_false(fixture.conf->postgres.pgbouncer);
}

static void boolean_words_are_few(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:23: postgres.pgbouncer: 'y' is not true or false in YAML; "
		"expected either true or false\n",
		.yaml = "postgres: {pgbouncer: y}\n");
	REFUSED("f.yaml:1:23: postgres.pgbouncer: 'yes' is not true or false in YAML; "
		"expected either true or false\n",
		.yaml = "postgres: {pgbouncer: 'yes'}\n");
	REFUSED("f.yaml:1:23: postgres.pgbouncer: '1' is not true or false in YAML; "
		"expected either true or false\n",
		.yaml = "postgres: {pgbouncer: 1}\n");
}

/* Each as python3 -c 'import yaml; print(type(yaml.safe_load(...)))' has it. */
static void plain_scalars_resolve_as_in_pyyaml(void **state)
{
	static const struct {
		const char *text;
		enum conf_yaml_type type;
	} cases[] = {
		{ "", CONF_YAML_NULL },
		{ "~", CONF_YAML_NULL },
		{ "null", CONF_YAML_NULL },
		{ "nUll", CONF_YAML_TEXT },
		{ "yes", CONF_YAML_BOOL },
		{ "OFF", CONF_YAML_BOOL },
		{ "y", CONF_YAML_TEXT },
		{ "oN", CONF_YAML_TEXT },
		{ "0", CONF_YAML_INT },
		{ "-17", CONF_YAML_INT },
		{ "+1", CONF_YAML_INT },
		{ "010", CONF_YAML_INT },
		{ "08", CONF_YAML_TEXT },
		{ "0x1F", CONF_YAML_INT },
		{ "0b11", CONF_YAML_INT },
		{ "1_000", CONF_YAML_INT },
		{ "12:30", CONF_YAML_INT },
		{ "1:90", CONF_YAML_TEXT },
		{ "1.5", CONF_YAML_FLOAT },
		{ "1.", CONF_YAML_FLOAT },
		{ ".5", CONF_YAML_FLOAT },
		{ "1e5", CONF_YAML_TEXT },
		{ "1.0e+5", CONF_YAML_FLOAT },
		{ "1:30.5", CONF_YAML_FLOAT },
		{ ".inf", CONF_YAML_FLOAT },
		{ "-.INF", CONF_YAML_FLOAT },
		{ ".nan", CONF_YAML_FLOAT },
		{ "-.nan", CONF_YAML_TEXT },
		{ "127.0.0.1", CONF_YAML_TEXT },
		{ "20s", CONF_YAML_TEXT },
		{ "127.0.0.1:80", CONF_YAML_TEXT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (conf_yaml_resolve(cases[i].text) != cases[i].type)
			fail_msg("'%s' resolves to %d", cases[i].text,
				 conf_yaml_resolve(cases[i].text));
}

static void an_unknown_option_names_its_neighbour(void **state)
{
	(void)state;
	REFUSED("f.yaml:2:3: unknown option 'ulr' in 'redis'; did you mean 'url'?\n"
		"f.yaml:4:1: unknown option 'wroker'; did you mean 'worker'?\n"
		"f.yaml:6:1: unknown option 'something'\n"
		"f.yaml:9:1: unknown option 'log.level'; write 'level:' inside of "
		"'log:'\n",
		.yaml = "redis:\n"
			"  ulr: redis://h\n"
			"  queue_max: 100\n"
			"wroker:\n"
			"  slots: nonsense\n"
			"something:\n"
			"  - [deep, {er: [and, deeper]}]\n"
			"  - {a: b}\n"
			"log.level: info\n");
}

static void a_key_must_be_a_word(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:3: a key must be a word\n"
		"f.yaml:3:3: a key must be a word\n",
		.yaml = "? [a, b]\n: c\n? {a: b}\n: [c, d]\nlog: {level: info}\n");
	REFUSED("f.yaml:1:1: unknown option ''\n", .yaml = "'': x\n");
	REFUSED("f.yaml:1:1: unknown option 'roles'; did you mean 'roles'?\n",
		.yaml = "\"roles\\0x\": [api]\n");
}

static void a_key_is_given_once(void **state)
{
	(void)state;
	REFUSED("f.yaml:3:3: 'redis.url' is given twice, first in line 2\n"
		"f.yaml:5:1: 'redis' is given twice, first in line 1\n"
		"f.yaml:7:1: 'roles' is given twice, first in line 4\n",
		.yaml = "redis:\n"
			"  url: redis://a\n"
			"  url: redis://b\n"
			"roles: [api]\n"
			"redis:\n"
			"  url: redis://c\n"
			"roles: [worker]\n");
}

static void aliases_anchors_tags_and_merges_are_refused(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:8: anchors are not accepted\n"
		"f.yaml:2:6: aliases are not accepted: write the value out\n",
		.yaml = "redis: &r {url: redis://h}\nlog: *r\n");
	REFUSED("f.yaml:1:16: aliases are not accepted: write the value out\n",
		.yaml = "worker: {name: *nowhere}\n");
	REFUSED("f.yaml:1:1: aliases are not accepted: write the value out\n",
		.yaml = "*key : 1\n");
	REFUSED("f.yaml:1:17: tags are not accepted\n",
		.yaml = "worker: {slots: !!int 5}\n");
	REFUSED("f.yaml:1:6: tags are not accepted\n"
		"f.yaml:2:3: unknown option 'x' in 'log'\n",
		.yaml = "log: !!python/object:os.system\n  x: 1\n");
	REFUSED("f.yaml:1:6: anchors are not accepted\n"
		"f.yaml:2:10: aliases are not accepted: write the value out\n"
		"f.yaml:3:17: aliases are not accepted: write the value out\n",
		.yaml = "log: &l\n  level: *l\nqueue: {names: [*l]}\n");
	REFUSED("f.yaml:2:3: merge keys are not accepted: write the values out\n",
		.yaml = "log:\n  <<: {level: info}\n");
}

static void a_value_of_another_type_is_refused(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:14: redis.url: is a map; " URL_WANTED "\n"
		"f.yaml:2:17: worker.slots: is a list; expected an integer from 1 to "
		"100000\n"
		"f.yaml:3:6: 'log' is a group of options, not an option\n"
		"f.yaml:4:8: 'queue' is a group of options, not an option\n",
		.yaml = "redis: {url: {host: h, port: [1]}}\n"
			"worker: {slots: [1, 2]}\n"
			"log: info\n"
			"queue: [names, [default]]\n");
	REFUSED("f.yaml:2:10: worker.slots: '1.5' is not an integer; expected an integer "
		"from 1 to 100000\n"
		"f.yaml:3:9: worker.name: '12' is a number in YAML (a name like this needs "
		"quotes); expected 1 to 128 characters of A-Z a-z 0-9 _ . -\n"
		"f.yaml:5:10: log.level: 'off' is true or false in YAML (a name like this "
		"needs quotes); expected one of error, warn, info, debug\n"
		"f.yaml:6:10: log.format: '' is no value (leave the line out for the "
		"default); expected one of text, json\n",
		.yaml = "worker:\n"
			"  slots: 1.5\n"
			"  name: 12\n"
			"log:\n"
			"  level: off\n"
			"  format: \n");
	REFUSED("f.yaml:1:17: worker.slots: '5' is text in quotes, not an integer; "
		"expected an integer from 1 to 100000\n",
		.yaml = "worker: {slots: '5'}\n");
	REFUSED("f.yaml:1:21: worker.processes: '5' is text in quotes, not an integer; "
		"expected an integer from 1 to 256, or auto\n",
		.yaml = "worker: {processes: \"5\"}\n");
}

static void a_secret_is_in_no_error(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:14: redis.url: the value has a malformed port; " URL_WANTED
		"\n",
		.yaml = "redis: {url: 'redis://u:hidden@h:x'}\n");
	REFUSED("f.yaml:1:14: redis.url: the value is a number in YAML (a name like this "
		"needs quotes); " URL_WANTED "\n",
		.yaml = "redis: {url: 8415}\n");
}

static void a_list_is_checked_member_by_member(void **state)
{
	(void)state;
	REFUSED("f.yaml:2:13: queue.names: 'b c' is no such name; expected 1 to 64 names, "
		"each 1 to 64 characters of A-Z a-z 0-9 _ . -\n"
		"f.yaml:2:18: queue.names: the list holds something that is not a word\n"
		"f.yaml:2:26: queue.names: '7' is a number in YAML (a name like this "
		"needs quotes); expected 1 to 64 names, each 1 to 64 characters of A-Z a-z "
		"0-9 _ . -\n"
		"f.yaml:3:17: roles: 'clerk' is none of them; expected one or more of "
		"worker, api, keeper\n",
		.yaml = "queue:\n"
			"  names: [a,b c, [x, y], 7]\n"
			"roles: [worker, clerk]\n");
	REFUSED("f.yaml:1:16: queue.names: 'a,a' names one twice; expected 1 to 64 names, "
		"each 1 to 64 characters of A-Z a-z 0-9 _ . -\n",
		.yaml = "queue: {names: [a, a]}\n");
	REFUSED("f.yaml:1:8: roles: '' is empty; expected one or more of worker, api, "
		"keeper\n",
		.yaml = "roles: []\n");
}

static void a_value_out_of_range_says_what_is_accepted(void **state)
{
	(void)state;
	REFUSED("f.yaml:2:9: queue.poll: '5' has no unit; expected a duration from 10ms "
		"to 1m, such as 1s\n"
		"f.yaml:3:14: queue.depth_max: '0' is out of range; expected an integer "
		"from 1 to 100000000\n"
		"f.yaml:4:18: queue.heartbeat_ttl: '1h' is out of range; expected a "
		"duration from 100ms to 10m, such as 8s\n",
		.yaml = "queue:\n"
			"  poll: 5\n"
			"  depth_max: 0\n"
			"  heartbeat_ttl: 1h\n");
	REFUSED("f.yaml:1:17: worker.slots: '010' is not a decimal integer; expected an "
		"integer from 1 to 100000\n",
		.yaml = "worker: {slots: 010}\n");
}

static void the_root_is_a_map(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:1: the file must be a map of options\n",
		.yaml = "- log\n- [a]\n");
	REFUSED("f.yaml:1:1: the file must be a map of options\n", .yaml = "log\n");
}

static void a_second_document_is_refused(void **state)
{
	(void)state;
	REFUSED("f.yaml:2:1: a second document: the file must hold one\n",
		.yaml = "log: {level: info}\n---\nlog: {level: nonsense}\n");
}

static void a_syntax_error_has_a_place_and_comes_last(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:1: unknown option 'lgo'; did you mean 'log'?\n"
		"f.yaml:4:2: did not find expected key (while parsing a block mapping that "
		"begins in line 1)\n",
		.yaml = "lgo: {level: info}\n"
			"queue:\n"
			"   poll: 1s\n"
			" names: [a]\n");
	REFUSED("f.yaml:2:1: found character that cannot start any token (while scanning "
		"for the next token); indent with spaces, not with tabs\n",
		.yaml = "log:\n\tlevel: info\n");
	REFUSED("f.yaml:2:1: did not find expected ',' or ']' (while parsing a flow "
		"sequence that begins in line 1)\n",
		.yaml = "roles: [api\n");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	REFUSED("f.yaml:2:8: the file is not UTF-8\n",
		.yaml = "log:\n  \303\244\303\244: x\377\n");
	REFUSED("f.yaml:1:1: the file is not UTF-8\n", .yaml = "\377\376l\0o\0g\0",
		.yaml_len = 8);
	REFUSED("f.yaml:2:4: control characters are not allowed\n",
		.yaml = "log:\n  \303\244\033\n");
	REFUSED("f.yaml:1:5: control characters are not allowed\n", .yaml = "log:\0",
		.yaml_len = 5);
}

static void nesting_has_a_bound(void **state)
{
	struct str yaml = STR_INIT;
	int i;

	(void)state;
	str_add_text(&yaml, "x: ");
	for (i = 0; i < 100000; i++)
		str_add_char(&yaml, '[');
	REFUSED("f.yaml:1:1: unknown option 'x'\n"
		"f.yaml:1:19: nested deeper than 16 levels\n",
		.yaml = str_text(&yaml));
	str_deinit(&yaml);
}

static void a_file_has_a_bound(void **state)
{
	struct str yaml = STR_INIT;

	(void)state;
	while (yaml.len < CONF_YAML_BYTES_MAX)
		str_add_text(&yaml, "# 16 bytes here\n");
	LOADED(.yaml = str_text(&yaml));
	str_add_text(&yaml, "#");
	REFUSED("f.yaml: f.yaml is larger than 1048576 bytes\n", .yaml = str_text(&yaml));
	str_deinit(&yaml);
}

static void only_a_regular_file_is_read(void **state)
{
	(void)state;
	REFUSED("/: is a directory; expected a file\n", .path = "/");
	REFUSED("/dev/null: is not a regular file\n", .path = "/dev/null");
	REFUSED("nowhere.yaml: No such file or directory\n", .path = "nowhere.yaml");
}

static void a_hundred_errors_are_cut_to_twenty(void **state)
{
	struct str yaml = STR_INIT, expected = STR_INIT;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		str_printf(&yaml, "wrong%d: 1\n", i);
	for (i = 0; i < CONF_ERRORS_MAX; i++)
		str_printf(&expected, "f.yaml:%d:1: unknown option 'wrong%d'\n", i + 1,
			   i);
	str_add_text(&expected, "and 80 more errors\n");
	REFUSED(str_text(&expected), .yaml = str_text(&yaml));
	str_deinit(&yaml);
	str_deinit(&expected);
}

/* Every beginning of a file that uses every construct: refused or taken, and no crash. */
static void a_file_may_end_anywhere(void **state)
{
	static const char yaml[] =
		"%YAML 1.1\n--- !t\nroles: &a [worker, 'api', *b]\n"
		"? {x: [y]}\n: |\n  block\nlog: {level: \"in\\x66o\"}\n"
		"queue:\n  names:\n    - a\n    - >-\n      b\n...\n---\n";
	char part[sizeof(yaml)];
	size_t len;

	(void)state;
	for (len = 1; len < sizeof(yaml); len++) {
		memcpy(part, yaml, len);
		part[len] = '\0';
		if (load_given(&(struct given){ .yaml = part }) < 0)
			assert_memory_equal(fixture.errors, "f.yaml:", 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_sets_options),
		cmocka_unit_test(a_list_may_be_one_word_or_have_commas),
		cmocka_unit_test(a_file_may_say_nothing),
		cmocka_unit_test(booleans_are_those_of_pyyaml),
		cmocka_unit_test(boolean_words_are_few),
		cmocka_unit_test(plain_scalars_resolve_as_in_pyyaml),
		cmocka_unit_test(an_unknown_option_names_its_neighbour),
		cmocka_unit_test(a_key_must_be_a_word),
		cmocka_unit_test(a_key_is_given_once),
		cmocka_unit_test(aliases_anchors_tags_and_merges_are_refused),
		cmocka_unit_test(a_value_of_another_type_is_refused),
		cmocka_unit_test(a_secret_is_in_no_error),
		cmocka_unit_test(a_list_is_checked_member_by_member),
		cmocka_unit_test(a_value_out_of_range_says_what_is_accepted),
		cmocka_unit_test(the_root_is_a_map),
		cmocka_unit_test(a_second_document_is_refused),
		cmocka_unit_test(a_syntax_error_has_a_place_and_comes_last),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(nesting_has_a_bound),
		cmocka_unit_test(a_file_has_a_bound),
		cmocka_unit_test(only_a_regular_file_is_read),
		cmocka_unit_test(a_hundred_errors_are_cut_to_twenty),
		cmocka_unit_test(a_file_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
