/* store_definitions.h - definitions of all kinds and their versions, in stock's tables */
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
	STORE_TOOL, /* a custom tool; its id is that of the document, else its name */
	STORE_MCP_SERVER, /* its id is its name */
	STORE_DEFINITION_KINDS,
};

const char *store_definition_kind_name(enum store_definition_kind kind);

struct store_definition_item {
	const char *id;
	const char *name;
	const char *description; /* NULL: has none */
	const char *updated_at;  /* NULL */
	const char *type;        /* of an agent, a tool, a server; else NULL */
	const char *tenant_id;
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
	const char *definition; /* JSON text; secrets of tools and servers are masked */
	int64_t version;        /* >= 1 */
	const char *sha256;     /* of the JSON text as jsonb prints it, secrets and all */
	const char *tenant_id;  /* NULL when read by version */
};

/* What stands in place of a secret in what is shown, and, in what is put, for the one
 * that is there: stock's placeholder. */
#define STORE_DEFINITION_MASK "xxxxxxxxx"

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

struct store_version {
	int64_t version;
	const char *created_at;
	const char *sha256;
	int64_t bytes;
};

/* Versions below that one (INT64_MAX: all), the newest first. */
int store_definitions_versions(struct pg_batch *batch, enum store_definition_kind kind,
			       const char *id, int64_t below, int limit);
int store_definitions_versions_count(const struct pg_reply *reply, int statement);
void store_definitions_versions_read(const struct pg_reply *reply, int statement, int row,
				     struct store_version *ret);

#define STORE_EXPECT_ANY  (-1)
#define STORE_EXPECT_NONE 0

struct store_definition_new {
	enum store_definition_kind kind;
	const char *id;          /* <= 255 bytes */
	const char *name;        /* <= 500 bytes */
	const char *description; /* NULL: has none */
	const char *definition;  /* JSON text of an object, verbatim */
	const char *tenant_id;   /* of a new one; one that is there keeps its own */
	const char *only_tenant; /* whose it must be if it is there; NULL: whoever's */
	int64_t expect;          /* the version that there must be, or STORE_EXPECT_* */
};

enum store_put_outcome {
	STORE_PUT_STORED,  /* and has a version of its own, unless it had it before */
	STORE_PUT_SAME,    /* it was there as it is (compared as jsonb) */
	STORE_PUT_EXISTS,  /* and there was to be none */
	STORE_PUT_NONE,    /* there is none, and there was to be one */
	STORE_PUT_CHANGED, /* another version is there */
	STORE_PUT_TENANT,  /* it is another tenant's */
	STORE_PUT_BAD,     /* the server cannot store it: detail */
	STORE_PUT_DELETED, /* by a delete: it is gone; by a sync: it was deleted since */
	STORE_PUT_NEWER,   /* by a sync: the store's was changed since */
};

struct store_put {
	enum store_put_outcome outcome;
	int64_t version; /* the one that is there now; 0: none */
	bool created;
	const char *detail; /* NULL, or the server's words */
};

/* What a function of the database says; a word that is none of them: STORE_PUT_BAD. */
enum store_put_outcome store_definitions_outcome(const char *word);

/* Insert or replace one definition, and make a version of it if it differs. */
int store_definitions_put(struct pg_batch *batch, const struct store_definition_new *put);
/*
 * Delete one; its versions stay for the runs that have pinned them. STORE_PUT_DELETED,
 * STORE_PUT_NONE, STORE_PUT_CHANGED, STORE_PUT_TENANT.
 */
int store_definitions_delete(struct pg_batch *batch, enum store_definition_kind kind,
			     const char *id, const char *only_tenant, int64_t expect);
/* Of either. */
void store_definitions_put_read(const struct pg_reply *reply, int statement,
				struct store_put *ret);

/* Which definitions go into a bundle. */
struct store_export {
	bool all;                               /* the lists do not count */
	const enum store_definition_kind *only; /* of this kind; NULL: of each */
	const char *const *ids[STORE_DEFINITION_KINDS];
	size_t counts[STORE_DEFINITION_KINDS];
	const char *only_tenant;   /* whose tools and servers; NULL: everybody's */
	const char *common_tenant; /* whose are everybody's */
	int limit;
};

/* By kind (orchestrations, agents, servers, tools) and id; secrets are masked. */
int store_definitions_export(struct pg_batch *batch, const struct store_export *ask);
int store_definitions_export_count(const struct pg_reply *reply, int statement);
void store_definitions_export_read(const struct pg_reply *reply, int statement, int row,
				   enum store_definition_kind *kind,
				   const char **definition);

/* First statement of a commit that stores many: such commits follow one another. */
void store_definitions_lock(struct pg_batch *batch);

#endif
