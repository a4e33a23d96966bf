/* test_conf.c - defaults, options against each other, what is shown, the sample */
#include "conf_fixture.h"

#include "base/str.h"
#include "conf/conf_rows.h"
#include "conf/conf_sample.h"

#define STORES "redis.url=redis://h", "postgres.url=postgres://h/d"

static void root_has_system_folders(void **state)
{
	(void)state;
	LOADED(.uid = 0, .env = { "HOME=/root", "XDG_STATE_HOME=/x" });
	assert_string_equal(fixture.conf->data_dir, "/var/lib/synapsed");
	assert_string_equal(fixture.conf->run_dir, "/run/synapsed");
}

static void a_user_has_folders_of_her_own(void **state)
{
	(void)state;
	LOADED(.uid = 7, .env = { "HOME=/home/u" });
	assert_string_equal(fixture.conf->data_dir, "/home/u/.local/state/synapsed");
	assert_string_equal(fixture.conf->run_dir, "/tmp/synapsed-7");
	LOADED(.uid = 7, .env = { "HOME=/home/u", "XDG_STATE_HOME=/s",
				  "XDG_RUNTIME_DIR=/run/user/7" });
	assert_string_equal(fixture.conf->data_dir, "/s/synapsed");
	assert_string_equal(fixture.conf->run_dir, "/run/user/7/synapsed");
	LOADED(.uid = 7, .env = { "HOME=/h", "XDG_STATE_HOME=rel" });
	assert_string_equal(fixture.conf->data_dir, "/h/.local/state/synapsed");
	assert_string_equal(conf_source(fixture.conf, "data_dir"), "default");
}

static void a_user_without_a_home_must_say_where(void **state)
{
	(void)state;
	REFUSED("default: data_dir: the environment names no usable folder "
		"($XDG_STATE_HOME/synapsed or ~/.local/state/synapsed); set it\n",
		.uid = 7);
	LOADED(.uid = 7, .sets = { "data_dir=/d" });
	assert_string_equal(fixture.conf->data_dir, "/d");
}

static void checked(const char *expected)
{
	struct conf_errors errors = { .count = 0 };
	int rc = conf_check(fixture.conf, &errors);
	char *text = conf_errors_text(&errors);

	assert_string_equal(text, expected);
	assert_int_equal(rc, *expected ? ERR_INPUT : 0);
	mem_free(text);
	conf_errors_deinit(&errors);
}

static void scale_mode_needs_both_stores(void **state)
{
	(void)state;
	LOADED(.sets = { "mode=scale" });
	checked("configuration: redis.url is not set; set it in the file, by REDIS_URL or "
		"by SYNAPSED_REDIS_URL\n"
		"configuration: postgres.url is not set; set it in the file, by "
		"SCALE_POSTGRES_URL or by SYNAPSED_POSTGRES_URL\n");
	LOADED(.sets = { STORES });
	checked("");
	assert_false(conf_is_standalone(fixture.conf));
}

static void without_stores_an_api_alone_is_enough(void **state)
{
	(void)state;
	LOADED(.cores = 1);
	checked("");
	assert_true(conf_is_standalone(fixture.conf));
	assert_null(conf_waits_for(fixture.conf));
	LOADED(.sets = { "redis.url=redis://h" });
	checked("");
	assert_true(conf_is_standalone(fixture.conf));
	assert_non_null(strstr(conf_waits_for(fixture.conf), "Postgres"));
	LOADED(.sets = { STORES, "mode=standalone" });
	checked("");
	assert_true(conf_is_standalone(fixture.conf));
	assert_null(conf_waits_for(fixture.conf));
}

static void options_may_not_contradict_each_other(void **state)
{
	(void)state;
	LOADED(.yaml = "restart: {max: 100ms}\n", .sets = { STORES });
	checked("default: restart.min (200ms) must not be above restart.max (100ms, from "
		"f.yaml:1:16)\n");
	LOADED(.sets = { STORES, "queue.heartbeat_every=5s" });
	checked("command line: queue.heartbeat_every (5s) must be at most half of "
		"queue.heartbeat_ttl (8s, from default)\n");
	LOADED(.sets = { STORES, "api.bulk_body_max=1KiB" });
	checked("default: api.body_max (1MiB) must not be above api.bulk_body_max (1KiB, "
		"from command line)\n");
}

static void two_listeners_need_two_ports(void **state)
{
	static const char expected[] =
		"default: api.listen (127.0.0.1:8765) must not share a port with "
		"worker.health_listen (127.0.0.1:8765, from command line)\n";

	(void)state;
	LOADED(.sets = { STORES, "worker.health_listen=127.0.0.1:8765" });
	checked(expected);
	LOADED(.sets = { STORES, "worker.health_listen=0.0.0.0:8765" });
	checked("default: api.listen (127.0.0.1:8765) must not share a port with "
		"worker.health_listen (0.0.0.0:8765, from command line)\n");
	LOADED(.sets = { STORES, "worker.health_listen=127.0.0.2:8765" });
	checked("");
	LOADED(.sets = { STORES, "worker.health_listen=127.0.0.1:8765",
			 "roles=worker,keeper" });
	checked("");
}

static void the_dump_shows_values_sources_and_no_secret(void **state)
{
	struct str out = STR_INIT;
	size_t i, lines = 0;

	(void)state;
	LOADED(.yaml = "redis:\n  url: redis://u:hidden@h\n",
	       .env = { "SCALE_POSTGRES_URL=postgres://h/d?password=hidden" },
	       .sets = { "roles=api" });
	conf_dump(fixture.conf, &out);
	assert_null(strstr(str_text(&out), "hidden"));
	assert_non_null(strstr(str_text(&out), "roles = api  # command line\n"));
	assert_non_null(
		strstr(str_text(&out), "\nredis.url = redis://u:***@h  # f.yaml:2:8\n"));
	assert_non_null(strstr(str_text(&out),
			       "\npostgres.url = "
			       "postgres://h/d?password=***  # environment "
			       "variable SCALE_POSTGRES_URL\n"));
	assert_non_null(strstr(str_text(&out), "\nworker.name = (not set)  # default\n"));
	assert_non_null(strstr(str_text(&out), "\nlog.level = info  # default\n"));
	for (i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	assert_int_equal(lines, conf_rows_count);
	str_deinit(&out);
}

static void the_flag_wins_over_the_variable(void **state)
{
	(void)state;
	assert_int_equal(setenv("SYNAPSED_CONF", "/b", 1), 0);
	assert_string_equal(conf_find_path("/a"), "/a");
	assert_string_equal(conf_find_path(NULL), "/b");
	assert_int_equal(setenv("SYNAPSED_CONF", "", 1), 0);
	if (access(CONF_DEFAULT_PATH, F_OK) == 0)
		assert_string_equal(conf_find_path(NULL), CONF_DEFAULT_PATH);
	else
		assert_null(conf_find_path(NULL));
	assert_int_equal(unsetenv("SYNAPSED_CONF"), 0);
}

static void the_sample_sets_nothing(void **state)
{
	struct str yaml = STR_INIT;
	size_t i;

	(void)state;
	conf_sample_yaml(&yaml);
	LOADED(.yaml = str_text(&yaml));
	for (i = 0; i < conf_rows_count; i++)
		assert_string_equal(conf_source(fixture.conf, conf_rows[i].key),
				    "default");
	str_deinit(&yaml);
}

/* Take the "#" away from every option (comments have a space behind it). */
static void uncomment(struct str *yaml)
{
	size_t from, to = 0;

	for (from = 0; from < yaml->len; from++)
		if (yaml->data[from] != '#' || yaml->data[from + 1] == ' ' ||
		    yaml->data[from + 1] == '\n')
			yaml->data[to++] = yaml->data[from];
	yaml->data[to] = '\0';
	yaml->len = to;
}

/* The dump without its sources. */
static void dump_values(struct str *out)
{
	struct str dump = STR_INIT;
	const char *at, *end;

	conf_dump(fixture.conf, &dump);
	for (at = str_text(&dump); *at; at = strchr(end, '\n') + 1) {
		end = strstr(at, "  # ");
		str_add(out, at, (size_t)(end - at));
		str_add_char(out, '\n');
	}
	str_deinit(&dump);
}

static void every_option_of_the_sample_has_its_default(void **state)
{
	struct str yaml = STR_INIT, sample = STR_INIT, defaults = STR_INIT;
	size_t i;

	(void)state;
	conf_sample_yaml(&yaml);
	uncomment(&yaml);
	LOADED(.yaml = str_text(&yaml));
	checked("");
	dump_values(&sample);
	for (i = 0; i < conf_rows_count; i++)
		if (strncmp(conf_source(fixture.conf, conf_rows[i].key), "f.yaml:", 7) !=
		    0)
			fail_msg("%s is not in the sample", conf_rows[i].key);
	LOADED(.sets = { "redis.url=redis://127.0.0.1:6379/0",
			 "postgres.url=postgresql://synapse@127.0.0.1:5432/synapse",
			 "user=synapsed", "group=synapsed", "control.group=synapsed",
			 "worker.name=worker-1", "llm.model=oaic.llama-3.1-8b",
			 "api.internal_token=a-long-random-text",
			 "metrics.token=another-long-random-text",
			 "llm.openai_compatible.base_url=http://127.0.0.1:8000/v1",
			 "llm.openai_compatible.key=the-key-of-the-server" });
	dump_values(&defaults);
	assert_string_equal(str_text(&sample), str_text(&defaults));
	str_deinit(&yaml);
	str_deinit(&sample);
	str_deinit(&defaults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_has_system_folders),
		cmocka_unit_test(a_user_has_folders_of_her_own),
		cmocka_unit_test(a_user_without_a_home_must_say_where),
		cmocka_unit_test(scale_mode_needs_both_stores),
		cmocka_unit_test(without_stores_an_api_alone_is_enough),
		cmocka_unit_test(options_may_not_contradict_each_other),
		cmocka_unit_test(two_listeners_need_two_ports),
		cmocka_unit_test(the_dump_shows_values_sources_and_no_secret),
		cmocka_unit_test(the_flag_wins_over_the_variable),
		cmocka_unit_test(the_sample_sets_nothing),
		cmocka_unit_test(every_option_of_the_sample_has_its_default),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
