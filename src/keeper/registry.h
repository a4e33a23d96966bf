/* registry.h - this host's rows in the table of workers */
#ifndef KEEPER_REGISTRY_H
#define KEEPER_REGISTRY_H

struct child_env;
struct ev_loop;
struct pg_pool;
struct registry;

/*
 * In the keeper. Writes a row per worker child of this host every 4 s while its pid lives
 * and its loop turns, marks its own dead ones offline, and those of other hosts (stock
 * workers among them) that have not beaten for 90 s. All borrowed.
 */
struct registry *registry_new(struct ev_loop *loop, struct pg_pool *pool,
			      const struct child_env *env);
void registry_free(struct registry *registry);

/* This incarnation is gone: its row says offline, unless a newer one has it. cause: of
 * what it died; NULL: it left in order. */
void registry_offline(struct registry *registry, const char *row_name,
		      const char *incarnation, const char *cause);

/* "http://<hostname>:<port>" of the health page; borrowed. */
const char *registry_address(const struct registry *registry);
const char *registry_hostname(const struct registry *registry);

#endif
