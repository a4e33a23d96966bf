/* test_conf_credentials.c - secrets in files of a folder that the environment names */
#include "conf_fixture.h"

#include "conf/conf_credentials.h"

#include <sys/stat.h>

#define DIR    "CREDENTIALS_DIRECTORY=creds"
#define STORES .sets = { "postgres.url=postgresql://u@h/d" }

static void put(const char *name, const char *text, size_t len)
{
	char path[64];
	FILE *fp;

	(void)mkdir("creds", 0700); /* or it is there */
	(void)snprintf(path, sizeof(path), "creds/%s", name);
	fp = fopen(path, "we");
	assert_non_null(fp);
	assert_int_equal(fwrite(text, 1, len, fp), len);
	assert_int_equal(fclose(fp), 0);
}

static int sweep(void **state)
{
	(void)state;
	(void)unlink("creds/redis.url");
	(void)unlink("creds/worker.slots");
	(void)unlink("creds/llm.openai_compatible.key");
	(void)rmdir("creds");
	return 0;
}

static void a_file_is_the_value_of_the_secret_it_is_called_after(void **state)
{
	(void)state;
	put("redis.url", "redis://:pw@h:1/0\n", 18);
	put("llm.openai_compatible.key", "sk-1", 4);
	LOADED(.yaml = "redis: {url: \"redis://file/0\"}\n", .env = { DIR }, STORES);
	assert_string_equal(fixture.conf->redis.url, "redis://:pw@h:1/0");
	assert_string_equal(fixture.conf->llm.oaic_key, "sk-1");
	assert_string_equal(conf_source(fixture.conf, "redis.url"),
			    "credential creds/redis.url");
}

static void the_environment_is_stronger(void **state)
{
	(void)state;
	put("redis.url", "redis://credential/0", 20);
	LOADED(.env = { DIR, "REDIS_URL=redis://variable/0" }, STORES);
	assert_string_equal(fixture.conf->redis.url, "redis://variable/0");
	/* an empty variable is none */
	LOADED(.env = { DIR, "REDIS_URL=" }, STORES);
	assert_string_equal(fixture.conf->redis.url, "redis://credential/0");
}

static void what_is_no_secret_or_no_file_is_left_alone(void **state)
{
	(void)state;
	put("worker.slots", "7", 1);
	LOADED(.env = { DIR }, STORES);
	assert_int_equal(fixture.conf->worker.slots, 1000);
	LOADED(.env = { "CREDENTIALS_DIRECTORY=/nowhere" }, STORES);
	assert_string_equal(fixture.conf->redis.url, "");
}

static void what_is_wrong_with_one_is_said_without_its_text(void **state)
{
	char big[4200];

	(void)state;
	put("redis.url", "hunter2", 7);
	REFUSED("credential creds/redis.url: redis.url: the value has another scheme or "
		"none; expected a URL that begins with redis:// or rediss:// or unix://\n",
		.env = { DIR }, STORES);
	put("redis.url", "redis://h\0x", 11);
	REFUSED("credential creds/redis.url: redis.url: the file holds a NUL byte\n",
		.env = { DIR }, STORES);
	memset(big, 'x', sizeof(big));
	put("redis.url", big, sizeof(big));
	REFUSED("credential creds/redis.url: redis.url: creds/redis.url is larger than "
		"2050 bytes\n",
		.env = { DIR }, STORES);
	put("redis.url", "", 0);
	REFUSED("credential creds/redis.url: redis.url: the value is empty; expected a URL "
		"that begins with redis:// or rediss:// or unix://\n",
		.env = { DIR }, STORES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_file_is_the_value_of_the_secret_it_is_called_after, sweep),
		cmocka_unit_test_teardown(the_environment_is_stronger, sweep),
		cmocka_unit_test_teardown(what_is_no_secret_or_no_file_is_left_alone,
					  sweep),
		cmocka_unit_test_teardown(what_is_wrong_with_one_is_said_without_its_text,
					  sweep),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
