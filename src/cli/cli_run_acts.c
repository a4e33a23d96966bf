/*
 * cli_run_acts.c - verbs run cancel, retry, resume-failed and delete
 *
 * Of the runs that are named, one after the other: what cannot be done to one does not
 * keep the others from it, and the exit status is that of the first that it could not be
 * done to. Or of all that a filter means (cli_mass.c).
 */
#include "cli/cli_run_acts.h"

#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_mass.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>

/* One run: a request, and what is told of its answer. */
struct act {
	const char *name; /* of the API's bulk act */
	const char *method, *root, *behind;
	/* Returns an exit code. */
	int (*tell)(const struct cli_api *api, const char *run_id,
		    const struct cli_answer *answer);
};

static int tell_cancel(const struct cli_api *api, const char *run_id,
		       const struct cli_answer *answer)
{
	const char *status = jsonr_get_text(answer->doc, "status");

	if (!status)
		return cli_args_fail(api->args, EXIT_CODE_FAILED,
				     "the answer has no status");
	if (strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0)
		return cli_args_fail(api->args, EXIT_CODE_CONFLICT,
				     "%s cannot be cancelled: it is %s", run_id, status);
	if (!api->args->json)
		(void)printf("%s %s\n", run_id,
			     strcmp(status, "cancelled") == 0 ? "was cancelled before"
							      : "is being cancelled");
	return EXIT_CODE_OK;
}

static int tell_retry(const struct cli_api *api, const char *run_id,
		      const struct cli_answer *answer)
{
	const char *again = jsonr_get_text(answer->doc, "run_id");
	struct str out = STR_INIT;

	if (!again)
		return cli_args_fail(api->args, EXIT_CODE_FAILED,
				     "the answer has no run_id");
	cli_table_clean(&out, again);
	if (!api->args->json)
		(void)printf("%s runs again as %s\n", run_id, str_text(&out));
	str_deinit(&out);
	return EXIT_CODE_OK;
}

static int tell_resumed(const struct cli_api *api, const char *run_id,
			const struct cli_answer *answer)
{
	if (!api->args->json)
		(void)printf("%s goes on, attempt %lld\n", run_id,
			     (long long)jsonr_get_int(answer->doc, "attempt", 0));
	return EXIT_CODE_OK;
}

static int tell_deleted(const struct cli_api *api, const char *run_id,
			const struct cli_answer *answer)
{
	(void)answer;
	if (!api->args->json)
		(void)printf("%s is erased\n", run_id);
	return EXIT_CODE_OK;
}

static int on_one(const struct cli_api *api, const struct act *act, const char *run_id,
		  const char *body)
{
	struct str path = STR_INIT;
	struct cli_answer answer;
	int code;

	str_add_text(&path, act->root);
	ids_encode(&path, run_id);
	str_add_text(&path, act->behind);
	code = cli_api_call(api, act->method, str_text(&path), body, NULL, &answer);
	str_deinit(&path);
	if (code)
		return code;
	if (api->args->json)
		cli_api_print(&answer);
	code = act->tell(api, run_id, &answer);
	cli_answer_deinit(&answer);
	return code;
}

static int on_matching(const struct cli_args *args, const char *action)
{
	static const struct cli_mass_filter filters[] = {
		{ "status", "status" },
		{ "orchestration", "orchestration_id" },
		{ "tenant", "tenant_id" },
		{ "session", "session_id" },
		{ "since", "since" },
		{ "until", "until" },
		{ "tag", "tag" },
		{ "text", "text" },
		{ NULL, NULL },
	};
	const struct cli_mass mass = { "/api/v2/runs/bulk", action, "runs", filters };

	if (cli_args_text(args, "from-step", NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--from-step is for runs that are named");
	return cli_mass_do(args, &mass);
}

static int do_act(const struct cli_args *args, const struct act *act, const char *body)
{
	struct cli_api api;
	int code, one;
	size_t i;

	if (cli_mass_wanted(args))
		return on_matching(args, act->name);
	code = cli_mass_refuse_filters(args, "run id");
	if (!code)
		code = cli_api_init(&api, args);
	if (code)
		return code;
	for (i = 0; i < args->operand_count; i++) {
		one = on_one(&api, act, args->operands[i], body);
		if (!code)
			code = one;
	}
	cli_api_deinit(&api);
	return code;
}

int cli_run_acts_cancel(const struct cli_args *args)
{
	static const struct act act = { "cancel", "POST", "/api/v2/orchestrations/runs/",
					"/cancel", tell_cancel };

	return do_act(args, &act, NULL);
}

int cli_run_acts_retry(const struct cli_args *args)
{
	static const struct act act = { "retry", "POST", "/api/v2/runs/", "/retry",
					tell_retry };

	return do_act(args, &act, "{}");
}

int cli_run_acts_resume_failed(const struct cli_args *args)
{
	static const struct act act = { "resume-failed", "POST",
					"/api/v2/orchestrations/runs/", "/resume-failed",
					tell_resumed };
	const char *from = cli_args_text(args, "from-step", NULL);
	struct str body = STR_INIT;
	struct jsonw w;
	int code;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	if (from)
		jsonw_pair_text(&w, "from_step", from);
	jsonw_object_end(&w);
	code = do_act(args, &act, str_text(&body));
	str_deinit(&body);
	return code;
}

int cli_run_acts_delete(const struct cli_args *args)
{
	static const struct act act = { "delete", "DELETE", "/api/v2/runs/", "",
					tell_deleted };

	return do_act(args, &act, NULL);
}

/* clang-format off */
#define FILTERS \
	CLI_MASS_OPTIONS, \
	{ 0, "status", "STATUS", "queued, running, paused, completed, failed or cancelled" }, \
	{ 0, "orchestration", "ID", "of this orchestration" }, \
	{ 0, "tenant", "ID", "of this tenant" }, \
	{ 0, "session", "ID", "of this session" }, \
	{ 0, "since", "MOMENT", "accepted at or after it (2026-11-23T21:45:00Z)" }, \
	{ 0, "until", "MOMENT", "accepted before it" }, \
	{ 0, "tag", "KEY:VALUE", "with this in their metadata" }, \
	{ 0, "text", "TEXT", "with it in message, answer or error" }

const struct cli_option cli_run_acts_options[] = {
	FILTERS,
	{ 0, NULL, NULL, NULL },
};

const struct cli_option cli_run_acts_resume_options[] = {
	{ 0, "from-step", "STEP", "begin at this step, whatever failed" },
	FILTERS,
	{ 0, NULL, NULL, NULL },
};
/* clang-format on */
