/*
 * cli_def.c - noun def: import, list, validate; sync is cli_sync.c's
 *
 * A file goes in whole or not at all: it is read and checked first, then stored in one
 * commit. What cannot be read is refused always. What this build cannot run (a type or a
 * model of a later version, a graph with a hole) is refused when it is one definition or
 * --strict is given; a bundle and the stock server's own file are stored with a warning
 * each, because the rest of them is good and starting such a run is refused anyway.
 */
#include "cli/cli_def.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_list.h"
#include "cli/cli_nouns.h"
#include "cli/cli_sync.h"
#include "cli/cli_table.h"
#include "cli/store_call.h"
#include "conf/conf.h"
#include "defs/defs_file.h"
#include "defs/defs_folder.h"
#include "engine/step_types.h"
#include "ipc/exit_code.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "run/model.h"
#include "store/files_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS       60000
#define FILES_PATIENCE_MS 2000

struct storing {
	size_t count;
	int *statements; /* where each definition's answer is; -1: nowhere */
	struct cli_def_stored *stored;
};

static void take_outcome(const struct store_put *put, struct cli_def_stored *stored)
{
	stored->version = put->version;
	stored->fresh = put->outcome == STORE_PUT_STORED;
	stored->left = !stored->fresh && put->outcome != STORE_PUT_SAME;
	if (put->detail)
		(void)snprintf(stored->why, sizeof(stored->why), "%s", put->detail);
}

static void read_stored(const struct pg_reply *reply, int statement,
			struct cli_def_stored *stored)
{
	struct store_put put;

	*stored = (struct cli_def_stored){ .left = true };
	if (statement < 0)
		return;
	store_definitions_put_read(reply, statement, &put);
	take_outcome(&put, stored);
}

static void on_stored(void *arg, const struct pg_reply *reply)
{
	struct storing *storing = arg;
	size_t i;

	for (i = 0; i < storing->count; i++)
		read_stored(reply, storing->statements[i], &storing->stored[i]);
}

/* Without Postgres, or where it is not asked, this host's files are the definitions. */
static bool in_files(const struct conf *conf)
{
	return !*conf->postgres.url || conf->mode == CONF_MODE_STANDALONE;
}

static struct store_definition_new put_of(const struct conf *conf,
					  const struct defs_item *item)
{
	return (struct store_definition_new){
		.kind = item->kind,
		.id = item->id,
		.name = item->name,
		.description = item->description,
		.definition = item->json,
		.tenant_id = conf->limits.default_tenant,
		.expect = STORE_EXPECT_ANY,
	};
}

static int store_files(const struct conf *conf, const struct defs_file *all,
		       struct cli_def_stored *stored, struct err *err)
{
	const struct defs_folder folder = { conf->data_dir, conf->limits.default_tenant,
					    FILES_PATIENCE_MS };
	struct store_definition_new *puts =
		mem_new_n(struct store_definition_new, all->count);
	struct store_put *outcomes = mem_new_n(struct store_put, all->count);
	size_t i, n = 0, at = 0;
	int rc;

	for (i = 0; i < all->count; i++)
		if (!all->items[i].broken)
			puts[n++] = put_of(conf, &all->items[i]);
	rc = defs_folder_put(&folder, puts, n, outcomes, err);
	for (i = 0; rc == 0 && i < all->count; i++) {
		stored[i] = (struct cli_def_stored){ .left = true };
		if (!all->items[i].broken)
			take_outcome(&outcomes[at++], &stored[i]);
	}
	mem_free(puts);
	mem_free(outcomes);
	return rc;
}

int cli_def_store(const struct conf *conf, const struct defs_file *all,
		  struct cli_def_stored *stored, struct err *err)
{
	struct storing storing = { .count = all->count, .stored = stored };
	struct pg_batch *batch;
	size_t i;
	int rc;

	if (!all->count)
		return 0;
	if (in_files(conf))
		return store_files(conf, all, stored, err);
	batch = pg_batch_new();
	storing.statements = mem_new_n(int, all->count);
	store_definitions_lock(batch);
	for (i = 0; i < all->count; i++) {
		const struct store_definition_new put = put_of(conf, &all->items[i]);

		storing.statements[i] =
			all->items[i].broken ? -1 : store_definitions_put(batch, &put);
	}
	rc = store_call(conf, batch, DEADLINE_MS, on_stored, &storing, err);
	mem_free(storing.statements);
	return rc;
}

/* Standard input, bounded. */
static int read_stdin(char **ret, size_t *ret_len, struct err *err)
{
	struct str text = STR_INIT;
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, str_reserve(&text, 65536), 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		str_grew(&text, (size_t)n);
		if (text.len <= DEFS_FILE_BYTES_MAX)
			continue;
		str_deinit(&text);
		return err_set(err, ERR_LIMIT, "standard input has more than %d bytes",
			       DEFS_FILE_BYTES_MAX);
	}
	if (n < 0) {
		str_deinit(&text);
		return err_errno(err, "read standard input");
	}
	*ret_len = text.len;
	*ret = str_take(&text);
	return 0;
}

/* 0 and *ret, or an exit code. */
static int load(const struct cli_args *args, const char *path, struct defs_file *ret)
{
	char *text = NULL;
	struct err err;
	size_t len = 0;
	int rc;

	if (strcmp(path, "-") == 0)
		rc = read_stdin(&text, &len, &err);
	else
		rc = fdutil_read_file(path, DEFS_FILE_BYTES_MAX, &text, &len, &err);
	if (rc < 0)
		return cli_args_fail(args,
				     rc == ERR_NOT_FOUND ? EXIT_CODE_NOT_FOUND
							 : EXIT_CODE_FAILED,
				     "%s", err.text);
	rc = defs_file_read(text, len, STORE_ORCHESTRATION, step_types_rules(), ret,
			    &err);
	mem_free(text);
	if (rc < 0)
		return cli_args_fail(args, EXIT_CODE_REFUSED, "%s: %s", path, err.text);
	return 0;
}

/* "error: broken.json: <id>: /orchestrations/2/steps/1/type: ..." */
static void say(const char *how, const char *path, const struct defs_item *item,
		const struct problem *problem)
{
	struct str line = STR_INIT;

	str_printf(&line, "%s: ", how);
	cli_table_clean(&line, path);
	str_add_text(&line, ": ");
	if (item->id[0]) {
		cli_table_clean(&line, item->id);
		str_add_text(&line, ": ");
	}
	str_add_text(&line, item->where);
	cli_table_clean(&line, problem->where);
	str_add_text(&line, item->where[0] || problem->where[0] ? ": " : "");
	cli_table_clean(&line, problem->text);
	(void)fprintf(stderr, "%s\n", str_text(&line));
	str_deinit(&line);
}

static void say_all(const char *how, const char *path, const struct defs_item *item,
		    const struct problem *kept, size_t count)
{
	size_t shown = count < PROBLEM_MAX ? count : PROBLEM_MAX, i;

	for (i = 0; i < shown; i++)
		say(how, path, item, &kept[i]);
	if (count > shown)
		(void)fprintf(stderr, "%s: and %zu more\n", how, count - shown);
}

/* How many of them may not be stored; each has been told about. */
static size_t judge(const char *path, const struct defs_file *all, bool strict)
{
	size_t i, refused = 0;

	for (i = 0; i < all->count; i++) {
		const struct defs_item *item = &all->items[i];
		bool refuse = item->broken || (strict && item->problems.count);

		say_all(refuse ? "error" : "warning", path, item, item->problems.kept,
			item->problems.count);
		say_all("warning", path, item, item->problems.warned,
			item->problems.warnings);
		refused += refuse;
	}
	return refused;
}

static const char *kind_name(const struct defs_item *item)
{
	return store_definition_kind_name(item->kind);
}

static void add_stored(struct cli_table *table, const struct json *row)
{
	cli_table_text(table, jsonr_bool(jsonr_get(row, "left"))    ? "left out"
			      : jsonr_bool(jsonr_get(row, "fresh")) ? "new version"
								    : "unchanged");
}

static void add_runnable(struct cli_table *table, const struct json *row)
{
	cli_table_text(table, jsonr_get_int(row, "problems", 0) ? "no" : "yes");
}

static int print_stored(const struct cli_args *args, const struct defs_file *all,
			const struct cli_def_stored *stored)
{
	static const struct cli_list_column columns[] = {
		{ .head = "KIND", .member = "kind" },
		{ .head = "ID", .member = "id" },
		{ .head = "NAME", .member = "name" },
		{ .head = "VERSION", .member = "version", .kind = CLI_LIST_INT },
		{ .head = "STORED", .cell = add_stored },
		{ .head = "RUNNABLE", .cell = add_runnable },
		{ .head = NULL },
	};
	static const struct cli_list list = { .columns = columns };
	struct str out = STR_INIT;
	struct jsonw w;
	size_t i;
	int code;

	jsonw_init(&w, &out);
	jsonw_array(&w);
	for (i = 0; i < all->count; i++) {
		const struct defs_item *item = &all->items[i];

		jsonw_object(&w);
		jsonw_pair_text(&w, "kind", kind_name(item));
		jsonw_pair_text(&w, "id", item->id);
		jsonw_pair_text(&w, "name", item->name);
		jsonw_pair_int(&w, "version", stored[i].version);
		jsonw_pair_bool(&w, "fresh", stored[i].fresh);
		jsonw_pair_bool(&w, "left", stored[i].left);
		jsonw_pair_int(&w, "problems", (int64_t)item->problems.count);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	code = cli_list_show(args, &out, &list);
	str_deinit(&out);
	return code;
}

/* Those that were left out, by us or by the server; each is told about once. */
static size_t count_left(const char *path, const struct defs_file *all,
			 const struct cli_def_stored *stored)
{
	size_t i, left = 0;

	for (i = 0; i < all->count; i++) {
		const struct problem why = { .where = "", .text = stored[i].why };

		left += stored[i].left;
		if (stored[i].left && stored[i].why[0])
			say("error", path, &all->items[i], &why);
	}
	return left;
}

static int store_file(const struct cli_args *args, const struct conf *conf,
		      const char *path)
{
	struct cli_def_stored *stored;
	struct defs_file all = { .count = 0 };
	struct err err;
	size_t refused, left;
	bool strict;
	int code;

	model_set_default(conf->llm.model);
	code = load(args, path, &all);
	if (code)
		return code;
	strict = cli_args_flag(args, "strict") || all.shape != DEFS_FILE_BUNDLE;
	refused = judge(path, &all, strict);
	stored = mem_new_n(struct cli_def_stored, all.count + 1);
	if (refused && strict) {
		code = cli_args_fail(
			args, EXIT_CODE_REFUSED,
			"%zu of %zu definitions are refused, nothing is stored", refused,
			all.count);
	} else {
		int rc = cli_def_store(conf, &all, stored, &err);

		left = rc < 0 ? 0 : count_left(path, &all, stored);
		if (rc < 0)
			code = cli_args_fail(args, store_call_exit_code(rc), "%s",
					     err.text);
		else
			code = print_stored(args, &all, stored);
		if (left)
			code = cli_args_fail(args, EXIT_CODE_FAILED,
					     "%zu of %zu definitions are left out", left,
					     all.count);
	}
	mem_free(stored);
	defs_file_deinit(&all);
	return code;
}

static int import(const struct cli_args *args)
{
	struct conf *conf = NULL;
	int code = cli_conf_load(args, false, &conf);

	if (code)
		return code;
	code = store_file(args, conf, args->operands[0]);
	conf_free(conf);
	return code;
}

static int validate(const struct cli_args *args)
{
	struct defs_file all = { .count = 0 };
	size_t refused, i;
	int code;

	cli_conf_default_model(args);
	code = load(args, args->operands[0], &all);
	if (code)
		return code;
	refused = judge(args->operands[0], &all, true);
	for (i = 0; i < all.count; i++)
		refused += cli_args_flag(args, "strict") &&
			   !all.items[i].problems.count && all.items[i].problems.warnings;
	if (refused)
		code = cli_args_fail(args, EXIT_CODE_REFUSED, "%zu of %zu are not good",
				     refused, all.count);
	else
		(void)printf("%zu good\n", all.count);
	defs_file_deinit(&all);
	return code;
}

struct listing {
	struct str json;
	struct jsonw w;
};

static void add_listed(struct listing *listing, int kind,
		       const struct store_definition_item *item)
{
	const char *name = store_definition_kind_name((enum store_definition_kind)kind);

	jsonw_object(&listing->w);
	jsonw_pair_text(&listing->w, "kind", name);
	jsonw_pair_text(&listing->w, "id", item->id);
	jsonw_pair_text(&listing->w, "name", item->name);
	jsonw_pair_text(&listing->w, "updated_at", item->updated_at);
	jsonw_object_end(&listing->w);
}

static void on_list(void *arg, const struct pg_reply *reply)
{
	struct store_definition_item item;
	int statement, i;

	for (statement = 0; statement < STORE_DEFINITION_KINDS; statement++)
		for (i = 0; i < store_definitions_list_count(reply, statement); i++) {
			store_definitions_list_read(reply, statement, i, &item);
			add_listed(arg, statement, &item);
		}
}

static int list_rows(const struct conf *conf, struct listing *listing, struct err *err)
{
	struct pg_batch *batch = pg_batch_new();
	int kind;

	for (kind = 0; kind < STORE_DEFINITION_KINDS; kind++)
		(void)store_definitions_list(batch, (enum store_definition_kind)kind);
	return store_call(conf, batch, DEADLINE_MS, on_list, listing, err);
}

static void list_files(const struct conf *conf, struct listing *listing)
{
	int kind;

	for (kind = 0; kind < STORE_DEFINITION_KINDS; kind++) {
		enum store_definition_kind k = (enum store_definition_kind)kind;
		struct files_list *list = files_list_new(
			conf->data_dir, defs_folder_file(k), defs_folder_key(k));
		size_t i;

		files_list_look(list, 0);
		for (i = 0; i < files_list_count(list); i++) {
			const struct files_item *found = files_list_at(list, i);
			const struct store_definition_item item = { .id = found->id,
								    .name = found->name };

			add_listed(listing, kind, &item);
		}
		files_list_free(list);
	}
}

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "KIND", .member = "kind" },
		{ .head = "ID", .member = "id" },
		{ .head = "NAME", .member = "name" },
		{ .head = "UPDATED", .member = "updated_at" },
		{ .head = NULL },
	};
	static const struct cli_list items = { .columns = columns };
	struct listing listing = { .json = STR_INIT };
	struct conf *conf = NULL;
	struct err err;
	int code = cli_conf_load(args, false, &conf), rc = 0;

	if (code)
		return code;
	jsonw_init(&listing.w, &listing.json);
	jsonw_array(&listing.w);
	if (in_files(conf))
		list_files(conf, &listing);
	else
		rc = list_rows(conf, &listing, &err);
	jsonw_array_end(&listing.w);
	code = rc < 0 ? cli_args_fail(args, store_call_exit_code(rc), "%s", err.text)
		      : cli_list_show(args, &listing.json, &items);
	str_deinit(&listing.json);
	conf_free(conf);
	return code;
}

/* clang-format off */
static const struct cli_option import_options[] = {
	{ 0, "strict", NULL, "refuse what this version cannot run" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option validate_options[] = {
	{ 0, "strict", NULL, "refuse what is warned of as well" },
	{ 0, NULL, NULL, NULL },
};

#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_CONF)

static const struct cli_verb verbs[] = {
	{ "import", "<file>", 1, 1, GROUPS, import_options,
	  "store an orchestration, a list of them or a bundle",
	  "An orchestration or a list of them is stored as a whole or not at all. Of a bundle\n"
	  "what this version cannot run is stored with a warning, and what cannot be stored is\n"
	  "named and left out; --strict refuses the bundle then. \"-\" reads standard input.\n",
	  import },
	{ "sync", "", 0, 0, GROUPS, cli_sync_options,
	  "store what the files of data_dir have",
	  "orchestrations.json, user_agents.json, custom_tools.json, mcp_servers.json and\n"
	  "settings.json, in one commit. What is bad is named and left out; what the folder had\n"
	  "at its last sync and has no more is deleted. Secrets are not copied.\n",
	  cli_sync_run },
	{ "list", "", 0, 0, GROUPS, NULL,
	  "what is stored", NULL, list },
	{ "validate", "<file>", 1, 1, 0, validate_options,
	  "check a file and store nothing",
	  "Each problem and each warning is a line with the place as a JSON pointer. The exit\n"
	  "code is 0 when nothing is wrong, whatever is odd. \"-\" reads standard input.\n",
	  validate },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_def_noun = { "def", "definitions in the store", verbs };
