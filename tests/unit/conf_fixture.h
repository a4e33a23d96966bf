/*
 * conf_fixture.h - load a configuration from a text, an environment and a command line
 *
 * The file is called "f.yaml" in the errors: the tests run in a folder of their own.
 */
#ifndef TESTS_CONF_FIXTURE_H
#define TESTS_CONF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "conf/conf.h"

static struct {
	char dir[32];
	struct conf *conf; /* of the last load that went well, or NULL */
	char *errors;      /* of the last load, or NULL */
} fixture;

/* What a test may give; what it leaves out is empty. */
struct given {
	const char *yaml;
	size_t yaml_len;  /* 0: strlen */
	const char *path; /* instead of yaml */
	const char *env[8];
	const char *sets[12];
	uid_t uid;
	int cores;
};

static void drop_load(void)
{
	conf_free(fixture.conf);
	mem_free(fixture.errors);
	fixture.conf = NULL;
	fixture.errors = NULL;
}

static int enter_dir(void **state)
{
	(void)state;
	strcpy(fixture.dir, "/tmp/test_conf.XXXXXX");
	return mkdtemp(fixture.dir) && chdir(fixture.dir) == 0 ? 0 : -1;
}

static int leave_dir(void **state)
{
	(void)state;
	drop_load();
	(void)unlink("f.yaml"); /* some tests write none */
	return chdir("/") == 0 && rmdir(fixture.dir) == 0 ? 0 : -1;
}

static void write_yaml(const struct given *given)
{
	size_t len = given->yaml_len ? given->yaml_len : strlen(given->yaml);
	FILE *fp = fopen("f.yaml", "we");

	assert_non_null(fp);
	assert_int_equal(fwrite(given->yaml, 1, len, fp), len);
	assert_int_equal(fclose(fp), 0);
}

static int load_given(const struct given *given)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in = {
		.path = given->path,
		.sets = given->sets,
		.env = given->env,
		.uid = given->uid,
		.cores = given->cores ? given->cores : 1,
	};
	int rc;

	drop_load();
	if (given->yaml) {
		write_yaml(given);
		in.path = "f.yaml";
	}
	while (given->sets[in.set_count])
		in.set_count++;
	rc = conf_load(&in, &fixture.conf, &errors);
	if (rc == 0)
		assert_int_equal(errors.count, 0);
	else
		assert_null(fixture.conf);
	fixture.errors = conf_errors_text(&errors);
	conf_errors_deinit(&errors);
	return rc;
}

/* Loads; what is wrong with it shows in the failed test. */
#define LOADED(...)                                                                      \
	do {                                                                             \
		(void)load_given(&(struct given){ __VA_ARGS__ });                        \
		assert_string_equal(fixture.errors, "");                                 \
		assert_non_null(fixture.conf);                                           \
	} while (0)

/* Does not load, and says exactly this. */
#define REFUSED(text, ...)                                                               \
	do {                                                                             \
		assert_int_equal(load_given(&(struct given){ __VA_ARGS__ }), ERR_INPUT); \
		assert_string_equal(fixture.errors, (text));                             \
	} while (0)

#endif
