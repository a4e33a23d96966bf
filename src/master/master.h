/* master.h - the supervisor of this host */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <stdbool.h>

struct conf;
struct conf_inputs;
struct kind;

struct master_opts {
	const struct kind *kinds; /* the table; ends with a row whose name is NULL */
	const char *version;
	int argc; /* main()'s, for the process title; 0: no title is set. The strings */
	char **argv; /* are overwritten: keep no pointer into them or the environment */
	/* What a reload reads, with the environment of then; NULL: no reload. */
	const struct conf_inputs *inputs;
	char *const *words; /* the command line, in a copy that stays; NULL: no upgrade */
	bool log_text;      /* lines for people, whatever log.format says */
};

/*
 * Run the host until a signal ends it; *conf must have passed conf_check(). A reload
 * frees it and puts the one in its place that is in force then; in each process *conf is
 * what that process goes by. Returns the exit code (enum exit_code).
 *
 * It returns in every process: in the master when all children are gone, in each child
 * when its entry function is done. The caller then frees what it owns and exits.
 */
int master_run(const struct conf **conf, const struct master_opts *opts);

#endif
