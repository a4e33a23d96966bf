/* test_conf_env.c - options from the environment and from the command line */
#include "conf_fixture.h"

#include "conf/conf_env.h"

static void stock_variables_set_their_options(void **state)
{
	(void)state;
	LOADED(.env = { "REDIS_URL=redis://h", "SCALE_POSTGRES_URL=postgres://h/d",
			"SYNAPSE_DATA_DIR=/data", "SYNAPSE_BACKEND_PORT=1234",
			"WORKER_HEALTH_PORT=1235", "WORKER_CONCURRENCY=20",
			"WORKER_QUEUE_SHARD=blue" });
	assert_string_equal(fixture.conf->redis.url, "redis://h");
	assert_string_equal(fixture.conf->postgres.url, "postgres://h/d");
	assert_string_equal(fixture.conf->data_dir, "/data");
	assert_string_equal(fixture.conf->api.listen.host, "127.0.0.1");
	assert_int_equal(fixture.conf->api.listen.port, 1234);
	assert_string_equal(fixture.conf->worker.health_listen.host, "127.0.0.1");
	assert_int_equal(fixture.conf->worker.health_listen.port, 1235);
	assert_int_equal(fixture.conf->worker.slots, 20);
	assert_int_equal(fixture.conf->queue.names.count, 1);
	assert_string_equal(fixture.conf->queue.names.items[0], "blue");
	assert_string_equal(conf_source(fixture.conf, "worker.slots"),
			    "environment variable WORKER_CONCURRENCY");
	LOADED(.env = { "WORKER_ID=w-1", "MAX_GLOBAL_QUEUE_DEPTH=10",
			"RATE_LIMIT_PER_TENANT_RPS=0", "PGBOUNCER_MODE=1",
			"DEFAULT_TENANT_ID=acme", "PUBSUB_EVENT_TTL=60",
			"SYNAPSE_ORCH_GLOBAL_TIMEOUT_MINUTES=2" });
	assert_string_equal(fixture.conf->worker.name, "w-1");
	assert_int_equal(fixture.conf->queue.depth_max, 10);
	assert_int_equal(fixture.conf->limits.rate_per_tenant, 0);
	assert_true(fixture.conf->postgres.pgbouncer);
	assert_string_equal(fixture.conf->limits.default_tenant, "acme");
	assert_int_equal(fixture.conf->events.ttl_ms, 60000);
	assert_int_equal(fixture.conf->engine.run_timeout_ms, 120000);
}

static void our_variables_have_our_units(void **state)
{
	(void)state;
	LOADED(.env = { "SYNAPSED_EVENTS_TTL=2h", "SYNAPSED_ROLES=api,keeper",
			"SYNAPSED_API_BODY_MAX=2MiB",
			"SYNAPSED_POSTGRES_PGBOUNCER=true" });
	assert_int_equal(fixture.conf->events.ttl_ms, 7200000);
	assert_int_equal(fixture.conf->roles, CONF_ROLE_API | CONF_ROLE_KEEPER);
	assert_int_equal(fixture.conf->api.body_max_bytes, 2097152);
	assert_true(fixture.conf->postgres.pgbouncer);
}

static void ours_win_over_the_stock_ones(void **state)
{
	(void)state;
	LOADED(.env = { "SYNAPSED_WORKER_SLOTS=7", "WORKER_CONCURRENCY=20" });
	assert_int_equal(fixture.conf->worker.slots, 7);
	assert_string_equal(conf_source(fixture.conf, "worker.slots"),
			    "environment variable SYNAPSED_WORKER_SLOTS");
}

static void an_empty_variable_is_not_set(void **state)
{
	(void)state;
	LOADED(.env = { "WORKER_CONCURRENCY=", "SYNAPSED_WORKER_SLOTS=", "REDIS_URL=" });
	assert_int_equal(fixture.conf->worker.slots, 1000);
	assert_string_equal(conf_source(fixture.conf, "redis.url"), "default");
}

static void the_file_has_the_address_of_a_stock_port(void **state)
{
	(void)state;
	LOADED(.yaml = "worker: {health_listen: '0.0.0.0:9000'}\n",
	       .env = { "WORKER_HEALTH_PORT=9001" });
	assert_string_equal(fixture.conf->worker.health_listen.host, "0.0.0.0");
	assert_int_equal(fixture.conf->worker.health_listen.port, 9001);
}

static void malformed_variables_are_refused_by_name(void **state)
{
	(void)state;
	REFUSED("environment variable REDIS_URL: redis.url: the value has another scheme "
		"or none; expected a URL that begins with redis:// or rediss:// or "
		"unix://\n"
		"environment variable WORKER_CONCURRENCY: worker.slots: 'many' is not a "
		"decimal integer; expected an integer from 1 to 100000\n"
		"environment variable SYNAPSED_EVENTS_TTL: events.ttl: '60' has no unit; "
		"expected a duration from 10s to 30d, such as 3600s\n",
		.env = { "WORKER_CONCURRENCY=many", "REDIS_URL=u:pw@host",
			 "SYNAPSED_EVENTS_TTL=60", "PATH=/bin" });
}

static void a_malformed_stock_variable_is_refused_although_ours_is_set(void **state)
{
	(void)state;
	REFUSED("environment variable WORKER_CONCURRENCY: worker.slots: '0' is out of "
		"range; expected an integer from 1 to 100000\n",
		.env = { "SYNAPSED_WORKER_SLOTS=7", "WORKER_CONCURRENCY=0" });
}

static void an_unknown_variable_of_ours_names_its_neighbour(void **state)
{
	(void)state;
	REFUSED("environment variable 'SYNAPSED_WORKER_SLOT': no option has this name; did "
		"you mean SYNAPSED_WORKER_SLOTS (worker.slots)?\n"
		"environment variable 'SYNAPSED_COLOUR': no option has this name\n"
		"environment variable 'SYNAPSED_CONFX': no option has this name\n"
		"environment variable 'SYNAPSED_': no option has this name\n",
		.env = { "SYNAPSED_WORKER_SLOT=1", "SYNAPSED_COLOUR=", "SYNAPSED_CONFX=1",
			 "SYNAPSED_" });
}

static void variables_of_others_are_left_alone(void **state)
{
	(void)state;
	LOADED(.env = { "SYNAPSED_CONF=/x", "SYNAPSED_URL=http://h", "SYNAPSED_KEY=k",
			"SYNAPSED_TEST_SANDBOX=required", "SYNAPSED=/bin/x",
			"SYNAPSE_BACKEND_NAME=x", "synapsed_x=1" });
}

static void the_first_of_two_equal_names_counts(void **state)
{
	static const char *const env[] = { "AB=no", "A=1", "A=2", "B", NULL };

	(void)state;
	assert_string_equal(conf_env_get(env, "A"), "1");
	assert_null(conf_env_get(env, "B"));
	assert_null(conf_env_get(NULL, "A"));
}

static void the_command_line_sets_options(void **state)
{
	(void)state;
	LOADED(.sets = { "worker.slots=1", "worker.slots=2",
			 "postgres.url=postgres://h/d?a=b" });
	assert_int_equal(fixture.conf->worker.slots, 2);
	assert_string_equal(fixture.conf->postgres.url, "postgres://h/d?a=b");
	assert_string_equal(conf_source(fixture.conf, "worker.slots"), "command line");
}

static void a_malformed_set_is_refused(void **state)
{
	(void)state;
	REFUSED("command line: unknown option 'worker.slot'; did you mean "
		"'worker.slots'?\n"
		"command line: unknown option 'colour'\n"
		"command line: --set wants an option and its value, such as "
		"log.level=debug\n"
		"command line: --set wants an option and its value, such as "
		"log.level=debug\n"
		"command line: worker.slots: '' is empty; expected an integer from 1 to "
		"100000\n",
		.sets = { "worker.slot=1", "colour=red", "log.level", "=1",
			  "worker.slots=" });
}

static void every_source_yields_to_the_next(void **state)
{
	static const char yaml[] = "worker: {slots: 2}\n";

	(void)state;
	LOADED(.yaml = "\n");
	assert_int_equal(fixture.conf->worker.slots, 1000);
	LOADED(.yaml = yaml);
	assert_int_equal(fixture.conf->worker.slots, 2);
	LOADED(.yaml = yaml, .env = { "WORKER_CONCURRENCY=3" });
	assert_int_equal(fixture.conf->worker.slots, 3);
	LOADED(.yaml = yaml, .env = { "WORKER_CONCURRENCY=3" },
	       .sets = { "worker.slots=4" });
	assert_int_equal(fixture.conf->worker.slots, 4);
}

static void errors_of_all_sources_come_together(void **state)
{
	(void)state;
	REFUSED("f.yaml:1:17: worker.slots: '0' is out of range; expected an integer from 1 "
		"to 100000\n"
		"environment variable WORKER_CONCURRENCY: worker.slots: '-1' is out of "
		"range; expected an integer from 1 to 100000\n"
		"command line: worker.slots: 'x' is not a decimal integer; expected an "
		"integer from 1 to 100000\n",
		.yaml = "worker: {slots: 0}\n", .env = { "WORKER_CONCURRENCY=-1" },
		.sets = { "worker.slots=x" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_variables_set_their_options),
		cmocka_unit_test(our_variables_have_our_units),
		cmocka_unit_test(ours_win_over_the_stock_ones),
		cmocka_unit_test(an_empty_variable_is_not_set),
		cmocka_unit_test(the_file_has_the_address_of_a_stock_port),
		cmocka_unit_test(malformed_variables_are_refused_by_name),
		cmocka_unit_test(
			a_malformed_stock_variable_is_refused_although_ours_is_set),
		cmocka_unit_test(an_unknown_variable_of_ours_names_its_neighbour),
		cmocka_unit_test(variables_of_others_are_left_alone),
		cmocka_unit_test(the_first_of_two_equal_names_counts),
		cmocka_unit_test(the_command_line_sets_options),
		cmocka_unit_test(a_malformed_set_is_refused),
		cmocka_unit_test(every_source_yields_to_the_next),
		cmocka_unit_test(errors_of_all_sources_come_together),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
