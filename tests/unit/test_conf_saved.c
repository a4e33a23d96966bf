/* test_conf_saved.c - options that were saved from the page */
#include "conf_fixture.h"

#include "conf/conf_rows.h"
#include "conf/conf_saved.h"

static char data_dir[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *fp;

	(void)snprintf(path, sizeof(path), "%s/%s", data_dir, name);
	fp = fopen(path, "we");
	assert_non_null(fp);
	assert_true(fputs(text, fp) >= 0);
	assert_int_equal(fclose(fp), 0);
}

static const struct conf *load_with(const char *yaml, const char *set)
{
	static char dir_set[128];
	const struct given given = { .yaml = yaml, .sets = { dir_set, set }, .cores = 1 };

	(void)snprintf(dir_set, sizeof(dir_set), "data_dir=%s", data_dir);
	(void)load_given(&given);
	return fixture.conf;
}

static int enter(void **state)
{
	if (enter_dir(state) < 0)
		return -1;
	(void)snprintf(data_dir, sizeof(data_dir), "%s", fixture.dir);
	return 0;
}

static int leave(void **state)
{
	(void)unlink(CONF_SAVED_HOST);
	(void)unlink(CONF_SAVED_FLEET);
	return leave_dir(state);
}

static void what_is_saved_stands_above_defaults_and_below_all_else(void **state)
{
	const struct conf *conf;

	(void)state;
	put(CONF_SAVED_HOST, "{\"redis_url\":\"redis://h/1\",\"worker_concurrency\":7,"
			     "\"pgbouncer_mode\":true,\"rate_limit_per_tenant_rps\":-1,"
			     "\"model\":\"x\",\"scale_postgres_url\":\"\","
			     "\"synapsed\":{\"worker.max\":3,\"user\":\"root\"}}");
	put(CONF_SAVED_FLEET,
	    "{\"version\":4,\"settings\":{\"worker.slots\":\"9\",\"gone\":1}}");
	conf = load_with(NULL, NULL);
	assert_non_null(conf);
	assert_string_equal(conf->redis.url, "redis://h/1");
	assert_string_equal(conf->postgres.url, "");
	assert_true(conf->postgres.pgbouncer);
	assert_int_equal(conf->limits.rate_per_tenant, 0);
	assert_int_equal(conf->worker.max, 3);
	assert_string_equal(conf->user, ""); /* not for the page */
	assert_int_equal(conf->worker.slots, 9);
	assert_string_equal(conf_source(conf, "worker.slots"),
			    "saved settings of the fleet, version 4");
	assert_false(conf_saved_pins(conf_source(conf, "worker.slots")));
	assert_false(conf_saved_pins(conf_source(conf, "log.level")));
	conf = load_with("worker:\n  slots: 5\n", NULL);
	assert_int_equal(conf->worker.slots, 5);
	assert_true(conf_saved_pins(conf_source(conf, "worker.slots")));
	conf = load_with(NULL, "worker.slots=6");
	assert_int_equal(conf->worker.slots, 6);
}

static void what_is_wrong_in_them_is_told_with_the_file(void **state)
{
	(void)state;
	put(CONF_SAVED_HOST, "{\"worker_concurrency\":0}");
	assert_null(load_with(NULL, NULL));
	assert_non_null(strstr(fixture.errors, "settings.json"));
	assert_non_null(strstr(fixture.errors, "worker.slots"));
	put(CONF_SAVED_HOST, "[");
	assert_null(load_with(NULL, NULL));
	assert_non_null(strstr(fixture.errors, "settings.json"));
}

static void each_stock_name_is_an_options(void **state)
{
	(void)state;
	assert_string_equal(conf_saved_find("redis_url")->key, "redis.url");
	assert_null(conf_saved_find("model"));
	assert_string_equal(conf_saved_stock(conf_rows_find("worker.slots")),
			    "worker_concurrency");
	assert_int_equal(conf_saved_scope(conf_rows_find("data_dir")), CONF_SAVED_NOT);
	assert_int_equal(conf_saved_scope(conf_rows_find("api.internal_token")),
			 CONF_SAVED_NOT);
	assert_int_equal(conf_saved_scope(conf_rows_find("metrics.token")),
			 CONF_SAVED_FOR_HOST);
	assert_int_equal(conf_saved_scope(conf_rows_find("redis.url")),
			 CONF_SAVED_FOR_HOST);
	assert_int_equal(conf_saved_scope(conf_rows_find("events.ttl")),
			 CONF_SAVED_FOR_FLEET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_saved_stands_above_defaults_and_below_all_else, enter,
			leave),
		cmocka_unit_test_setup_teardown(
			what_is_wrong_in_them_is_told_with_the_file, enter, leave),
		cmocka_unit_test(each_stock_name_is_an_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
