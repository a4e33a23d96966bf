/*
 * conf_build.c - a configuration in the making
 *
 * The readers (file, environment, command line) run in the order in which the later wins
 * and all call conf_build_set(): a value that is overridden later is checked like any
 * other.
 */
#include "conf/conf_build.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/conf_value.h"

void conf_build_set(struct conf_build *build, const struct conf_row *row,
		    const char *text, const char *where)
{
	struct err err;

	if (conf_value_set(row, text, build->conf, build->arena, build->in->cores, &err) <
	    0) {
		conf_errors_add(build->errors, where, "%s: %s", row->key, err.text);
		return;
	}
	build->sources[row - conf_rows] = arena_dup(build->arena, where);
}
