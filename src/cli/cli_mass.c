/*
 * cli_mass.c - one act on all that a filter means
 *
 * One form for all such verbs: `run cancel --all-matching --status queued` counts, and
 * does it with --yes alone. Without a filter it means everything; that is what
 * --all-matching says then, and --yes is still needed. A page is a thousand, so an
 * interrupt stops it at the next one.
 */
#include "cli/cli_mass.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>

#define PAGE         "1000"
#define REFUSED_SHOW 20

struct sums {
	int64_t matched, applicable, done, refused;
	bool more; /* than were counted */
};

bool cli_mass_wanted(const struct cli_args *args)
{
	return cli_args_flag(args, "all-matching");
}

static void write_path(const struct cli_args *args, const struct cli_mass *mass,
		       const char *after, struct str *path)
{
	const struct cli_mass_filter *filter;

	str_reset(path, 4096);
	str_add_text(path, mass->path);
	for (filter = mass->filters; filter->option; filter++)
		cli_api_query(path, filter->query,
			      cli_args_text(args, filter->option, NULL));
	cli_api_query(path, "limit", PAGE);
	cli_api_query(path, "after", after);
}

static bool has_filter(const struct cli_args *args, const struct cli_mass *mass)
{
	const struct cli_mass_filter *filter;

	for (filter = mass->filters; filter->option; filter++)
		if (cli_args_text(args, filter->option, NULL))
			return true;
	return false;
}

static void write_body(const struct cli_mass *mass, bool dry, bool all, struct str *body)
{
	struct jsonw w;

	str_reset(body, 256);
	jsonw_init(&w, body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "action", mass->action);
	jsonw_pair_bool(&w, "dry_run", dry);
	jsonw_pair_bool(&w, "all", all);
	jsonw_object_end(&w);
}

/* What could not be done, by id and reason: on standard error, the first ones. */
static void tell_refused(const struct json *refused, int64_t before)
{
	struct str out = STR_INIT;
	size_t i;

	for (i = 0; i < jsonr_count(refused) && before + (int64_t)i < REFUSED_SHOW; i++) {
		const struct json *one = jsonr_at(refused, i);
		const char *id = jsonr_get_text(one, "id");
		const char *detail = jsonr_get_text(one, "detail");

		cli_table_clean(&out, id ? id : "");
		str_add_text(&out, ": ");
		cli_table_clean(&out, detail ? detail : "refused");
		str_add_char(&out, '\n');
	}
	(void)fputs(str_text(&out), stderr);
	str_deinit(&out);
}

static void print(const struct cli_args *args, const struct cli_mass *mass, bool dry,
		  const struct sums *sums)
{
	struct str out = STR_INIT;
	struct jsonw w;

	if (args->json) {
		jsonw_init(&w, &out);
		jsonw_object(&w);
		jsonw_pair_text(&w, "action", mass->action);
		jsonw_pair_bool(&w, "dry_run", dry);
		jsonw_pair_int(&w, "matched", sums->matched);
		jsonw_pair_int(&w, "applicable", sums->applicable);
		jsonw_pair_int(&w, "done", sums->done);
		jsonw_pair_int(&w, "refused", sums->refused);
		jsonw_pair_bool(&w, "more", sums->more);
		jsonw_object_end(&w);
		str_add_char(&out, '\n');
	} else if (dry) {
		str_printf(&out,
			   "%s: %lld of %lld %s%s; nothing was done, --yes does it\n",
			   mass->action, (long long)sums->applicable,
			   (long long)sums->matched, mass->things,
			   sums->more ? ", and more that are not counted" : "");
	} else {
		str_printf(&out, "%s: %lld %s done, %lld refused\n", mass->action,
			   (long long)sums->done, mass->things, (long long)sums->refused);
	}
	(void)fputs(str_text(&out), stdout);
	str_deinit(&out);
}

/* The count is of all at once, up to what the server counts; acts come page by page. */
static int all_pages(const struct cli_api *api, const struct cli_mass *mass, bool dry,
		     struct sums *sums)
{
	struct str path = STR_INIT, body = STR_INIT, after = STR_INIT;
	struct cli_answer answer;
	bool more = true;
	int code = 0;

	write_body(mass, dry, !has_filter(api->args, mass), &body);
	while (more && !code) {
		const char *next;

		write_path(api->args, mass, after.len ? str_text(&after) : NULL, &path);
		code = cli_api_call(api, "POST", str_text(&path), str_text(&body), NULL,
				    &answer);
		if (code)
			break;
		if (!dry)
			tell_refused(jsonr_get(answer.doc, "refusals"), sums->refused);
		sums->matched += jsonr_get_int(answer.doc, "matched", 0);
		sums->applicable += jsonr_get_int(answer.doc, "applicable", 0);
		sums->done += jsonr_get_int(answer.doc, "done", 0);
		sums->refused += jsonr_get_int(answer.doc, "refused", 0);
		sums->more = jsonr_bool(jsonr_get(answer.doc, "more"));
		next = jsonr_get_text(answer.doc, "next");
		more = next && *next;
		if (more) {
			str_reset(&after, 512);
			str_add_text(&after, next);
		}
		cli_answer_deinit(&answer);
	}
	str_deinit(&path);
	str_deinit(&body);
	str_deinit(&after);
	return code;
}

int cli_mass_refuse_filters(const struct cli_args *args, const char *operand)
{
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		const char *name = args->given[i].option->name;
		bool is_filter = false;
		const struct cli_option *option = args->verb->options;

		/* filters are what stands behind "yes" in the verb's table */
		for (; option && option->name && strcmp(option->name, "yes") != 0;
		     option++)
			;
		for (; option && option->name; option++)
			is_filter = is_filter || strcmp(option->name, name) == 0;
		if (is_filter)
			return cli_args_fail(args, EXIT_CODE_USAGE,
					     "--%s is for --all-matching", name);
	}
	if (!args->operand_count)
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "<%s> is missing, or --all-matching", operand);
	return 0;
}

int cli_mass_do(const struct cli_args *args, const struct cli_mass *mass)
{
	bool dry = !cli_args_flag(args, "yes");
	struct sums sums = { .more = false };
	struct cli_api api;
	int code;

	if (args->operand_count)
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--all-matching takes its %s by filters, not by id",
				     mass->things);
	code = cli_api_init(&api, args);
	if (code)
		return code;
	code = all_pages(&api, mass, dry, &sums);
	/* what was done before it broke is told as well */
	if (!code || sums.matched)
		print(args, mass, dry, &sums);
	cli_api_deinit(&api);
	return code ? code : sums.refused ? EXIT_CODE_CONFLICT : EXIT_CODE_OK;
}
