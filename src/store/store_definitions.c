/*
 * store_definitions.c - definitions and their versions
 *
 * The stock tables hold what is current, definition_versions all that a run may have
 * pinned. Versions are compared by the SHA-256 of the definition as jsonb prints it,
 * which the server computes from either, so a definition that a stock server wrote gets
 * its version when it is first read. The row in the stock table is locked while a version
 * is added: a put and a get that meet agree on the number.
 */
#include "store/store_definitions.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static const struct {
	const char *name;
	enum store_sql_text list, pin, get, put;
} kinds[] = {
	[STORE_ORCHESTRATION] = {
		"orchestration",
		STORE_SQL_ORCHESTRATIONS_LIST,
		STORE_SQL_ORCHESTRATION_PIN,
		STORE_SQL_ORCHESTRATION_GET,
		STORE_SQL_ORCHESTRATION_PUT,
	},
	[STORE_AGENT] = {
		"agent",
		STORE_SQL_AGENTS_LIST,
		STORE_SQL_AGENT_PIN,
		STORE_SQL_AGENT_GET,
		STORE_SQL_AGENT_PUT,
	},
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

/* Statements: the current row (which locks it), its version, the newest number. */
int store_definitions_put(struct pg_batch *batch, const struct store_definition_new *put)
{
	int at = add(batch, kinds[put->kind].put);

	pg_batch_text(batch, put->id, -1);
	pg_batch_text(batch, put->name, -1);
	pg_batch_text(batch, put->definition, -1);
	pg_batch_text(batch, put->tenant_id, -1);
	if (put->kind == STORE_ORCHESTRATION)
		pg_batch_text(batch, put->description, -1);
	(void)add(batch, STORE_SQL_DEFINITION_VERSION_PUT);
	pg_batch_text(batch, kinds[put->kind].name, -1);
	pg_batch_text(batch, put->id, -1);
	pg_batch_text(batch, put->definition, -1);
	(void)add(batch, STORE_SQL_DEFINITION_NEWEST);
	pg_batch_text(batch, kinds[put->kind].name, -1);
	pg_batch_text(batch, put->id, -1);
	return at;
}

int64_t store_definitions_put_read(const struct pg_reply *reply, int statement,
				   bool *fresh)
{
	*fresh = pg_reply_affected(reply, statement + 1) > 0;
	return pg_reply_int(reply, statement + 2, 0, 0);
}
