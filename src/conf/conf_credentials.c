/*
 * conf_credentials.c - secrets that a service manager hands over as files
 *
 * systemd puts what LoadCredential= and LoadCredentialEncrypted= name into a folder that
 * only the service can read and says in $CREDENTIALS_DIRECTORY where it is; containers
 * have such a folder as well. A file there that is called like an option that is a secret
 * (`redis.url`) is its value, with or without a newline at its end. Other files are
 * somebody else's business.
 *
 * Above the configuration file, which is usually readable by more people; below the
 * environment, since whoever sets a variable wants to be stronger than a file.
 */
#include "conf/conf_credentials.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_build.h"
#include "conf/conf_env.h"
#include "conf/conf_rows.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static void read_one(struct conf_build *build, const struct conf_row *row,
		     const char *dir)
{
	char path[PATH_MAX], where[PATH_MAX + 16], *text = NULL;
	struct err err;
	size_t len;
	int rc;

	if (snprintf(path, sizeof(path), "%s/%s", dir, row->key) >= (int)sizeof(path)) {
		conf_errors_add(build->errors,
				"environment variable " CONF_CREDENTIALS_ENV,
				"the path is too long");
		return;
	}
	(void)snprintf(where, sizeof(where), "credential %s", path);
	/* a newline more than the value may have: what is longer is no such secret */
	rc = fdutil_read_file(path, (size_t)row->max + 2, &text, &len, &err);
	if (rc == ERR_NOT_FOUND)
		return;
	if (rc < 0) {
		conf_errors_add(build->errors, where, "%s: %s", row->key, err.text);
		return;
	}
	if (len && text[len - 1] == '\n')
		text[--len] = '\0';
	if (strlen(text) != len)
		conf_errors_add(build->errors, where, "%s: the file holds a NUL byte",
				row->key);
	else
		conf_build_set(build, row, text, where);
	mem_wipe(text, len);
	mem_free(text);
}

void conf_credentials_read(struct conf_build *build)
{
	const char *dir = conf_env_get(build->in->env, CONF_CREDENTIALS_ENV);
	size_t i;

	for (i = 0; dir && i < conf_rows_count; i++)
		if (conf_rows_secret(&conf_rows[i]))
			read_one(build, &conf_rows[i], dir);
}
