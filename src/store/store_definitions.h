/* store_definitions.h - tables orchestrations, agents and definition_versions */
#ifndef STORE_STORE_DEFINITIONS_H
#define STORE_STORE_DEFINITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

/* What a definition is of; each has its stock table. */
enum store_definition_kind {
	STORE_ORCHESTRATION,
	STORE_AGENT,
};

const char *store_definition_kind_name(enum store_definition_kind kind);

struct store_definition_item {
	const char *id;
	const char *name;
	const char *description; /* NULL for agents */
	const char *updated_at;  /* NULL */
};

/* All of them, ordered by id. */
int store_definitions_list(struct pg_batch *batch, enum store_definition_kind kind);
int store_definitions_list_count(const struct pg_reply *reply, int statement);
void store_definitions_list_read(const struct pg_reply *reply, int statement, int row,
				 struct store_definition_item *ret);

/* Agents that another one (but) may give work to, in order of id: those of the ids, or
 * with none all but builders. description is never NULL, updated_at is. */
int store_agents_roster(struct pg_batch *batch, const char *but, const char *const *ids,
			size_t count, int most);
int store_agents_roster_count(const struct pg_reply *reply, int statement);
void store_agents_roster_read(const struct pg_reply *reply, int statement, int row,
			      struct store_definition_item *ret);

struct store_definition {
	const char *id;
	const char *name;       /* NULL when read by version */
	const char *definition; /* JSON text */
	int64_t version;        /* >= 1 */
	const char *sha256;     /* of the JSON text as jsonb prints it */
};

enum store_definition_found {
	STORE_DEFINITION_NONE, /* no such id */
	STORE_DEFINITION_FOUND,
	STORE_DEFINITION_AGAIN, /* one was stored at the same moment: ask again */
};

/*
 * The current definition with the number of its version. A definition that somebody else
 * stored (a stock sync) has none yet: this makes it, so that a run can pin it.
 */
int store_definitions_get(struct pg_batch *batch, enum store_definition_kind kind,
			  const char *id);
enum store_definition_found store_definitions_get_read(const struct pg_reply *reply,
						       int statement,
						       struct store_definition *ret);

/* A version that runs have pinned. false: no such version. */
int store_definitions_version(struct pg_batch *batch, enum store_definition_kind kind,
			      const char *id, int64_t version);
bool store_definitions_version_read(const struct pg_reply *reply, int statement,
				    struct store_definition *ret);

struct store_definition_new {
	enum store_definition_kind kind;
	const char *id;          /* <= 255 bytes */
	const char *name;        /* <= 500 bytes */
	const char *description; /* NULL for agents */
	const char *definition;  /* JSON text of an object, verbatim */
	const char *tenant_id;
};

/*
 * Insert or replace one definition, and a new version if it differs from the newest one
 * (compared as jsonb, so spaces and the order of keys make none). Adds three statements.
 */
int store_definitions_put(struct pg_batch *batch, const struct store_definition_new *put);
/* The version that is current now; *fresh: this call made it. */
int64_t store_definitions_put_read(const struct pg_reply *reply, int statement,
				   bool *fresh);

#endif
