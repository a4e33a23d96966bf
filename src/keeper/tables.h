/* tables.h - the schema is what this program expects before a keeper does anything */
#ifndef KEEPER_TABLES_H
#define KEEPER_TABLES_H

struct child_env;

/*
 * Blocks; before the child's loop and its lifeline. Waits as long as it takes for a
 * Postgres that does not answer, then migrates, with a deadline. -1: the schema is as
 * it should be. Else the exit code to leave with: it cannot be, or the master wants us
 * to go.
 */
int tables_bring(const struct child_env *env);

#endif
