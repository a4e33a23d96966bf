/*
 * store_definitions.c - definitions and their versions
 *
 * The stock tables hold what is current, definition_versions all that a run may have
 * pinned. Versions are compared by the SHA-256 of the definition as jsonb prints it,
 * which the server computes from either, so a definition that a stock server wrote gets
 * its version when it is first read. A put, a delete and a sync are functions of the
 * database (migration 8): what they compare and what they write is under one lock, and a
 * text that cannot be stored spoils nothing else of its commit.
 *
 * Secrets of tools and servers leave the database for their user alone (store_tools.c).
 */
#include "store/store_definitions.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

#include <string.h>

static const struct {
	const char *name;
	enum store_sql_text list, pin, get;
} kinds[STORE_DEFINITION_KINDS] = {
	[STORE_ORCHESTRATION] = {
		"orchestration",
		STORE_SQL_ORCHESTRATIONS_LIST,
		STORE_SQL_ORCHESTRATION_PIN,
		STORE_SQL_ORCHESTRATION_GET,
	},
	[STORE_AGENT] = {
		"agent",
		STORE_SQL_AGENTS_LIST,
		STORE_SQL_AGENT_PIN,
		STORE_SQL_AGENT_GET,
	},
	[STORE_TOOL] = {
		"tool",
		STORE_SQL_TOOLS_SHOWN,
		STORE_SQL_TOOL_PIN,
		STORE_SQL_TOOL_SHOW,
	},
	[STORE_MCP_SERVER] = {
		"mcp_server",
		STORE_SQL_MCP_SERVERS_LIST,
		STORE_SQL_MCP_SERVER_PIN,
		STORE_SQL_MCP_SERVER_SHOW,
	},
};

static const char *const outcomes[] = {
	[STORE_PUT_STORED] = "stored",   [STORE_PUT_SAME] = "same",
	[STORE_PUT_EXISTS] = "exists",   [STORE_PUT_NONE] = "none",
	[STORE_PUT_CHANGED] = "changed", [STORE_PUT_TENANT] = "tenant",
	[STORE_PUT_BAD] = "bad",         [STORE_PUT_DELETED] = "deleted",
	[STORE_PUT_NEWER] = "newer",
};

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

const char *store_definition_kind_name(enum store_definition_kind kind)
{
	return kinds[kind].name;
}

int store_definitions_list(struct pg_batch *batch, enum store_definition_kind kind)
{
	return add(batch, kinds[kind].list);
}

int store_definitions_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_definitions_list_read(const struct pg_reply *reply, int statement, int row,
				 struct store_definition_item *ret)
{
	*ret = (struct store_definition_item){
		.id = pg_reply_text(reply, statement, row, 0),
		.name = pg_reply_text(reply, statement, row, 1),
		.description = pg_reply_text(reply, statement, row, 2),
		.updated_at = pg_reply_text(reply, statement, row, 3),
		.type = pg_reply_text(reply, statement, row, 4),
		.tenant_id = pg_reply_text(reply, statement, row, 5),
	};
}

int store_definitions_get(struct pg_batch *batch, enum store_definition_kind kind,
			  const char *id)
{
	int at = add(batch, kinds[kind].pin);

	pg_batch_text(batch, id, -1);
	(void)add(batch, kinds[kind].get);
	pg_batch_text(batch, id, -1);
	return at;
}

static void read_definition(const struct pg_reply *reply, int statement,
			    struct store_definition *ret)
{
	*ret = (struct store_definition){
		.id = pg_reply_text(reply, statement, 0, 0),
		.name = pg_reply_text(reply, statement, 0, 1),
		.definition = pg_reply_text(reply, statement, 0, 2),
		.version = pg_reply_int(reply, statement, 0, 3),
		.sha256 = pg_reply_text(reply, statement, 0, 4),
	};
}

enum store_definition_found store_definitions_get_read(const struct pg_reply *reply,
						       int statement,
						       struct store_definition *ret)
{
	int at = statement + 1;

	if (!pg_reply_rows(reply, at))
		return STORE_DEFINITION_NONE;
	if (pg_reply_null(reply, at, 0, 3))
		return STORE_DEFINITION_AGAIN;
	read_definition(reply, at, ret);
	ret->tenant_id = pg_reply_text(reply, at, 0, 5);
	return STORE_DEFINITION_FOUND;
}

int store_definitions_version(struct pg_batch *batch, enum store_definition_kind kind,
			      const char *id, int64_t version)
{
	int at = add(batch, STORE_SQL_DEFINITION_VERSION);

	pg_batch_text(batch, kinds[kind].name, -1);
	pg_batch_text(batch, id, -1);
	pg_batch_int8(batch, version);
	return at;
}

bool store_definitions_version_read(const struct pg_reply *reply, int statement,
				    struct store_definition *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	read_definition(reply, statement, ret);
	return true;
}

int store_agents_roster(struct pg_batch *batch, const char *but, const char *const *ids,
			size_t count, int most)
{
	int at = add(batch, STORE_SQL_AGENTS_ROSTER);
	pg_col column;
	size_t i;

	pg_batch_text(batch, but, -1);
	column = pg_batch_column(batch, PG_COL_TEXT, count);
	for (i = 0; i < count; i++)
		pg_batch_put_text(batch, column, ids[i], -1);
	pg_batch_bool(batch, count == 0);
	pg_batch_int8(batch, most);
	return at;
}

int store_agents_roster_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_agents_roster_read(const struct pg_reply *reply, int statement, int row,
			      struct store_definition_item *ret)
{
	*ret = (struct store_definition_item){
		.id = pg_reply_text(reply, statement, row, 0),
		.name = pg_reply_text(reply, statement, row, 1),
		.description = pg_reply_text(reply, statement, row, 2),
	};
}

int store_definitions_versions(struct pg_batch *batch, enum store_definition_kind kind,
			       const char *id, int64_t below, int limit)
{
	int at = add(batch, STORE_SQL_DEFINITION_VERSIONS_LIST);

	pg_batch_text(batch, kinds[kind].name, -1);
	pg_batch_text(batch, id, -1);
	pg_batch_int8(batch, below);
	pg_batch_int8(batch, limit);
	return at;
}

int store_definitions_versions_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_definitions_versions_read(const struct pg_reply *reply, int statement, int row,
				     struct store_version *ret)
{
	*ret = (struct store_version){
		.version = pg_reply_int(reply, statement, row, 0),
		.created_at = pg_reply_text(reply, statement, row, 1),
		.sha256 = pg_reply_text(reply, statement, row, 2),
		.bytes = pg_reply_int(reply, statement, row, 3),
	};
}

static void add_expect(struct pg_batch *batch, int64_t expect)
{
	if (expect == STORE_EXPECT_ANY)
		pg_batch_null(batch, PG_COL_INT8);
	else
		pg_batch_int8(batch, expect);
}

int store_definitions_put(struct pg_batch *batch, const struct store_definition_new *put)
{
	int at = add(batch, STORE_SQL_DEFINITION_PUT);

	pg_batch_text(batch, kinds[put->kind].name, -1);
	pg_batch_text(batch, put->id, -1);
	pg_batch_text(batch, put->name, -1);
	pg_batch_text(batch, put->description, -1);
	pg_batch_text(batch, put->definition, -1);
	pg_batch_text(batch, put->tenant_id, -1);
	pg_batch_text(batch, put->only_tenant, -1);
	add_expect(batch, put->expect);
	return at;
}

int store_definitions_delete(struct pg_batch *batch, enum store_definition_kind kind,
			     const char *id, const char *only_tenant, int64_t expect)
{
	int at = add(batch, STORE_SQL_DEFINITION_DELETE);

	pg_batch_text(batch, kinds[kind].name, -1);
	pg_batch_text(batch, id, -1);
	pg_batch_text(batch, only_tenant, -1);
	add_expect(batch, expect);
	return at;
}

enum store_put_outcome store_definitions_outcome(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (word && strcmp(outcomes[i], word) == 0)
			return (enum store_put_outcome)i;
	return STORE_PUT_BAD;
}

/* A delete has the first two columns. */
void store_definitions_put_read(const struct pg_reply *reply, int statement,
				struct store_put *ret)
{
	*ret = (struct store_put){
		.outcome =
			store_definitions_outcome(pg_reply_text(reply, statement, 0, 0)),
		.version = pg_reply_int(reply, statement, 0, 1),
	};
	if (ret->outcome == STORE_PUT_STORED)
		ret->created = pg_reply_bool(reply, statement, 0, 2);
	if (ret->outcome == STORE_PUT_BAD)
		ret->detail = pg_reply_text(reply, statement, 0, 3);
}

int store_definitions_export(struct pg_batch *batch, const struct store_export *ask)
{
	int at = add(batch, STORE_SQL_DEFINITIONS_EXPORT), kind;
	size_t i;

	pg_batch_bool(batch, ask->all);
	for (kind = 0; kind < STORE_DEFINITION_KINDS; kind++) {
		pg_col column = pg_batch_column(batch, PG_COL_TEXT, ask->counts[kind]);

		for (i = 0; i < ask->counts[kind]; i++)
			pg_batch_put_text(batch, column, ask->ids[kind][i], -1);
	}
	pg_batch_text(batch, ask->only_tenant, -1);
	pg_batch_text(batch, ask->common_tenant, -1);
	pg_batch_int8(batch, ask->limit);
	pg_batch_text(batch, ask->only ? kinds[*ask->only].name : NULL, -1);
	return at;
}

int store_definitions_export_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_definitions_export_read(const struct pg_reply *reply, int statement, int row,
				   enum store_definition_kind *kind,
				   const char **definition)
{
	const char *word = pg_reply_text(reply, statement, row, 0);
	int i;

	*kind = STORE_ORCHESTRATION;
	for (i = 0; i < STORE_DEFINITION_KINDS; i++)
		if (strcmp(word, kinds[i].name) == 0)
			*kind = (enum store_definition_kind)i;
	*definition = pg_reply_text(reply, statement, row, 2);
}

void store_definitions_lock(struct pg_batch *batch)
{
	(void)add(batch, STORE_SQL_DEFINITIONS_LOCK);
}
