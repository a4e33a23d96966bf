/*
 * conf_env.c - options from the environment and from the command line
 *
 * An empty variable is one that is not set: that is how container files unset things. A
 * variable that begins with SYNAPSED_ and is no option's is an error, since it is a
 * typing error that would otherwise show as a default. Stock variables that we do not
 * know are none of our business.
 */
#include "conf/conf_env.h"

#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_build.h"
#include "conf/conf_rows.h"
#include "conf/conf_value.h"
#include "conf/conf_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 128

/* Read by the command line and the tests; an entry that ends in _ is a prefix. */
static const char *const other_names[] = {
	"SYNAPSED_CONF",    "SYNAPSED_KEY", "SYNAPSED_TEST_",
	"SYNAPSED_UPGRADE", "SYNAPSED_URL", NULL,
};

const char *conf_env_get(const char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return (*env)[len + 1] ? *env + len + 1 : NULL;
	return NULL;
}

static void read_stock(struct conf_build *build, const struct conf_row *row)
{
	const char *text = conf_env_get(build->in->env, row->stock);
	struct str ours = STR_INIT, where = STR_INIT;
	struct err err;

	if (!text)
		return;
	str_printf(&where, "environment variable %s", row->stock);
	if (conf_value_from_stock(row, text, build->conf, &ours, &err) < 0)
		conf_errors_add(build->errors, str_text(&where), "%s: %s", row->key,
				err.text);
	else
		conf_build_set(build, row, str_text(&ours), str_text(&where));
	str_deinit(&ours);
	str_deinit(&where);
}

static bool is_other_name(const char *name)
{
	const char *const *other;

	for (other = other_names; *other; other++) {
		size_t len = strlen(*other);

		if ((*other)[len - 1] == '_' ? strncmp(name, *other, len) == 0
					     : strcmp(name, *other) == 0)
			return true;
	}
	return false;
}

static bool is_option_name(const char *name)
{
	char env[CONF_ENV_MAX];
	size_t i;

	for (i = 0; i < conf_rows_count; i++)
		if (strcmp(conf_rows_env(&conf_rows[i], env), name) == 0)
			return true;
	return false;
}

static void complain(struct conf_build *build, const char *name)
{
	const struct conf_row *near = conf_words_near_env(name);
	struct str where = STR_INIT;
	char env[CONF_ENV_MAX];

	str_add_text(&where, "environment variable ");
	conf_value_quote(&where, name);
	if (near)
		conf_errors_add(build->errors, str_text(&where),
				"no option has this name; did you mean %s (%s)?",
				conf_rows_env(near, env), near->key);
	else
		conf_errors_add(build->errors, str_text(&where),
				"no option has this name");
	str_deinit(&where);
}

static void check_names(struct conf_build *build)
{
	const char *const *env;

	for (env = build->in->env; env && *env; env++) {
		struct str name = STR_INIT;

		str_add(&name, *env, strcspn(*env, "="));
		if (strncmp(str_text(&name), CONF_ENV, strlen(CONF_ENV)) == 0 &&
		    !is_other_name(str_text(&name)) && !is_option_name(str_text(&name)))
			complain(build, str_text(&name));
		str_deinit(&name);
	}
}

void conf_env_read(struct conf_build *build)
{
	char name[CONF_ENV_MAX], where[CONF_ENV_MAX + 32];
	const char *text;
	size_t i;

	for (i = 0; i < conf_rows_count; i++) {
		if (conf_rows[i].stock)
			read_stock(build, &conf_rows[i]);
		text = conf_env_get(build->in->env, conf_rows_env(&conf_rows[i], name));
		if (!text)
			continue;
		(void)snprintf(where, sizeof(where), "environment variable %s", name);
		conf_build_set(build, &conf_rows[i], text, where);
	}
	check_names(build);
}

static void read_set(struct conf_build *build, const char *set)
{
	const struct conf_row *row;
	const char *eq = strchr(set, '=');
	char key[KEY_MAX];
	struct str quoted = STR_INIT;

	if (!eq || eq == set || (size_t)(eq - set) >= sizeof(key)) {
		/* what has no name may be a secret */
		conf_errors_add(build->errors, "command line",
				"--set wants an option and its value, such as "
				"log.level=debug");
		return;
	}
	memcpy(key, set, (size_t)(eq - set));
	key[eq - set] = '\0';
	row = conf_rows_find(key);
	if (row) {
		conf_build_set(build, row, eq + 1, "command line");
		return;
	}
	conf_value_quote(&quoted, key);
	row = conf_words_near_key(key);
	if (row)
		conf_errors_add(build->errors, "command line",
				"unknown option %s; did you mean '%s'?",
				str_text(&quoted), row->key);
	else
		conf_errors_add(build->errors, "command line", "unknown option %s",
				str_text(&quoted));
	str_deinit(&quoted);
}

void conf_env_read_sets(struct conf_build *build)
{
	size_t i;

	for (i = 0; i < build->in->set_count; i++)
		read_set(build, build->in->sets[i]);
}
