/* conf_build.h - a configuration in the making: private to conf/ */
#ifndef CONF_CONF_BUILD_H
#define CONF_CONF_BUILD_H

struct arena;
struct conf;
struct conf_errors;
struct conf_inputs;
struct conf_row;

struct conf_build {
	const struct conf_inputs *in;
	struct conf *conf;
	struct arena *arena;  /* lives as long as conf */
	const char **sources; /* one per row; in the arena or static */
	struct conf_errors *errors;
};

/*
 * Take a value and remember where it came from, or add an error. where:
 * "FILE:LINE:COLUMN" and the like, copied.
 */
void conf_build_set(struct conf_build *build, const struct conf_row *row,
		    const char *text, const char *where);

#endif
