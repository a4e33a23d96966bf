/* api.h - the api kind of child: HTTP in, Postgres and Redis behind */
#ifndef API_API_H
#define API_API_H

struct child_env;

/* Entry of kinds.c (ipc/kind.h). */
int api_enter(struct child_env *env);

#endif
