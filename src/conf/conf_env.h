/* conf_env.h - options from the environment and from the command line */
#ifndef CONF_CONF_ENV_H
#define CONF_CONF_ENV_H

struct conf_build;

/* The value of a variable, or NULL if it is missing or empty. env may be NULL. */
const char *conf_env_get(const char *const *env, const char *name);

/*
 * Stock variables, then ours (which win), then complaints about unknown SYNAPSED_ ones.
 */
void conf_env_read(struct conf_build *build);
/* The --set list: "key=value", later ones win. */
void conf_env_read_sets(struct conf_build *build);

#endif
