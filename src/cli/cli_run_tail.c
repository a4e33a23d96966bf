/*
 * cli_run_tail.c - verb run tail: the events of a run as they come
 *
 * One streaming request after the other: where a stream ends without `stream_complete`
 * (the API process drains, the connection breaks) the next one begins behind the last id
 * that was printed. Attempts that bring nothing are given up after PATIENCE_MS.
 *
 * An event is one line: with -o json its JSON text as it came, else the time, the type,
 * the step and what there is to say, made harmless for a terminal.
 */
#include "cli/cli_run_tail.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/moment.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS   60000
#define PAUSE_MS      1000 /* before another attempt */
#define LINE_MAX_SIZE ((size_t)64 * 1024 * 1024)
#define SHOWN_BYTES   200 /* of a long text */

struct tail {
	const struct cli_api *api;
	struct str line;    /* not whole yet */
	struct str data;    /* of the event in the making */
	struct str id;      /* of that event */
	struct str last_id; /* of the last one printed */
	bool complete;
	bool failed;     /* the run did not complete, as far as its events say */
	bool too_large;  /* what came is no event stream */
	int64_t mono_ms; /* when something came */
};

static void print_text(struct str *out, const char *text)
{
	struct str cut = STR_INIT;
	size_t len = strlen(text);

	str_add(&cut, text, len > SHOWN_BYTES ? SHOWN_BYTES : len);
	if (len > SHOWN_BYTES)
		str_add_text(&cut, "...");
	str_add_char(out, ' ');
	cli_table_clean(out, str_text(&cut));
	str_deinit(&cut);
}

/* What of an event a person wants to see. */
static void print_fields(struct str *out, const struct json *event)
{
	static const char *const names[] = { "orch_step_id", "step_type", "worker_id",
					     "status",       "response",  "message",
					     "error",        "text",      "prompt",
					     "decision",     "tool_name" };
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		text = jsonr_get_text(event, names[i]);
		if (text)
			print_text(out, text);
	}
}

static void print_event(const struct json *event, const char *type)
{
	char stamp[MOMENT_MAX];
	struct str out = STR_INIT;
	int64_t at_ms = jsonr_get_int(event, "ts", 0);

	str_printf(&out, "%-24s ", at_ms ? moment_text(at_ms, stamp) : "");
	cli_table_clean(&out, type);
	print_fields(&out, event);
	(void)printf("%s\n", str_text(&out));
	str_deinit(&out);
}

static void take_event(struct tail *tail)
{
	struct json *event = NULL;
	const char *type, *status;

	if (jsonr_parse(str_text(&tail->data), tail->data.len, &event, NULL, NULL, NULL) <
	    0)
		event = NULL; /* a stock worker may write what is no JSON */
	type = jsonr_get_text(event, "type");
	if (type && strcmp(type, "stream_complete") == 0)
		tail->complete = true;
	status = jsonr_get_text(event, "status");
	if (type && status && strcmp(type, "orchestration_complete") == 0)
		tail->failed = strcmp(status, "completed") != 0;
	else if (type && (strcmp(type, "orchestration_error") == 0 ||
			  strcmp(type, "error") == 0)) /* of a chat */
		tail->failed = true;
	if (tail->api->args->json)
		(void)printf("%s\n", str_text(&tail->data));
	else if (!tail->complete)
		print_event(event, type ? type : "?");
	(void)fflush(stdout); /* somebody watches; cli_main looks at the stream's error */
	jsonr_free(event);
	if (tail->id.len) {
		str_reset(&tail->last_id, 256);
		str_add(&tail->last_id, tail->id.data, tail->id.len);
	}
}

static void take_line(struct tail *tail)
{
	const char *line = str_text(&tail->line);

	if (tail->line.len == 0) {
		if (tail->data.len)
			take_event(tail);
		str_reset(&tail->data, 1 << 20);
		str_reset(&tail->id, 256);
	} else if (strncmp(line, "data: ", 6) == 0) {
		if (tail->data.len)
			str_add_char(&tail->data, '\n');
		str_add_text(&tail->data, line + 6);
	} else if (strncmp(line, "id: ", 4) == 0) {
		str_reset(&tail->id, 256);
		str_add_text(&tail->id, line + 4);
	}
	str_reset(&tail->line, 1 << 20);
}

static bool on_bytes(void *arg, const char *bytes, size_t len)
{
	struct tail *tail = arg;
	size_t i;

	tail->mono_ms = clock_mono_ms();
	for (i = 0; i < len && !tail->complete; i++) {
		if (bytes[i] == '\n')
			take_line(tail);
		else
			str_add_char(&tail->line, bytes[i]);
	}
	tail->too_large = tail->line.len + tail->data.len > LINE_MAX_SIZE;
	return !tail->complete && !tail->too_large;
}

static void pause_ms(int64_t ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&left, NULL); /* a signal only makes us try sooner */
}

/* One stream. 0: it came to some end; else an exit code, *again if it may pass. */
static int follow(struct tail *tail, const char *path, bool *again)
{
	struct str header = STR_INIT;
	int code;

	if (tail->last_id.len)
		str_printf(&header, "Last-Event-ID: %s", str_text(&tail->last_id));
	/* what was not whole comes again */
	str_reset(&tail->line, 1 << 20);
	str_reset(&tail->data, 1 << 20);
	str_reset(&tail->id, 256);
	code = cli_api_stream(tail->api, path, header.len ? str_text(&header) : NULL,
			      on_bytes, tail, again);
	str_deinit(&header);
	return code;
}

int cli_run_tail_path(const struct cli_api *api, const char *path, const char *after)
{
	struct tail tail = { .api = api, .mono_ms = clock_mono_ms() };
	bool again = true, said = false;
	int code = 0;

	if (after)
		str_add_text(&tail.last_id, after);
	while (!tail.complete && again) {
		code = follow(&tail, path, &again);
		if (tail.too_large) {
			code = cli_args_fail(api->args, EXIT_CODE_FAILED,
					     "an event of more than 64 MiB");
			break;
		}
		if (tail.complete || !again)
			break;
		if (code == EXIT_CODE_UNREACHABLE && !said) {
			said = true;
			(void)fprintf(stderr, "%s does not answer; tried for a minute\n",
				      str_text(&api->url));
		}
		if (clock_mono_ms() - tail.mono_ms > PATIENCE_MS) {
			code = cli_args_fail(api->args, EXIT_CODE_UNREACHABLE,
					     "no event stream for a minute; go on with "
					     "--after %s",
					     tail.last_id.len ? str_text(&tail.last_id)
							      : "0");
			break;
		}
		pause_ms(PAUSE_MS);
	}
	if (tail.complete)
		code = tail.failed ? EXIT_CODE_FAILED : EXIT_CODE_OK;
	str_deinit(&tail.line);
	str_deinit(&tail.data);
	str_deinit(&tail.id);
	str_deinit(&tail.last_id);
	return code;
}

int cli_run_tail_of(const struct cli_api *api, const char *run_id, const char *after)
{
	struct str path = STR_INIT;
	int code;

	str_add_text(&path, "/api/v2/orchestrations/runs/");
	ids_encode(&path, run_id);
	str_add_text(&path, "/stream");
	code = cli_run_tail_path(api, str_text(&path), after);
	str_deinit(&path);
	return code;
}

int cli_run_tail(const struct cli_args *args)
{
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	code = cli_run_tail_of(&api, args->operands[0],
			       cli_args_text(args, "after", NULL));
	cli_api_deinit(&api);
	return code;
}
