/* cli_api.h - requests of a verb to the daemon's HTTP API */
#ifndef CLI_CLI_API_H
#define CLI_CLI_API_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_args;
struct json;

/* Where the API is and what opens it. Embed it. */
struct cli_api {
	const struct cli_args *args;
	struct str url; /* without a slash at its end */
	struct str key; /* secret */
	int64_t timeout_ms;
};

struct cli_answer {
	int status;
	struct str text;
	struct json *doc; /* of text */
};

/* From --url, --key-file, --timeout and what they default to. Returns 0, or an exit code
 * after it has told standard error. */
int cli_api_init(struct cli_api *api, const struct cli_args *args);
void cli_api_deinit(struct cli_api *api);

/*
 * One request. path begins with a slash; body is JSON text or NULL; header ("Name:
 * value") may be NULL. Returns 0 for any 2xx, with *ret the caller's
 * (cli_answer_deinit); otherwise the exit code that the failure stands for, after
 * standard error has the API's reason.
 */
int cli_api_call(const struct cli_api *api, const char *method, const char *path,
		 const char *body, const char *header, struct cli_answer *ret);
/*
 * GET an answer that comes in pieces; header as above. sink may say false: enough. 0 when
 * it ended, however: *again is true then, and when a later try may succeed. Otherwise an
 * exit code; standard error has the reason unless *again.
 */
int cli_api_stream(const struct cli_api *api, const char *path, const char *header,
		   bool (*sink)(void *arg, const char *bytes, size_t len), void *arg,
		   bool *again);
void cli_answer_deinit(struct cli_answer *answer);

/* Print what came of a request to people. */
typedef void (*cli_api_show)(const struct cli_args *args, const struct cli_answer *answer,
			     const void *arg);
/*
 * A verb of one request: as cli_api_init() and cli_api_call() with that body (NULL:
 * none); the answer is printed as it came with -o json, else by show(arg). Returns an
 * exit code.
 */
int cli_api_ask(const struct cli_args *args, const char *method, const char *path,
		const char *body, cli_api_show show, const void *arg);

/* The exit code of an HTTP status that is no 2xx, and of a call that got no answer. */
int cli_api_status_code(int status);
int cli_api_error_code(int rc);

/* Append "name=value", percent-encoded, with '?' or '&' before it; NULL: nothing. */
void cli_api_query(struct str *path, const char *name, const char *value);

/* The answer as it came, one line; what -o json prints. */
void cli_api_print(const struct cli_answer *answer);

#endif
