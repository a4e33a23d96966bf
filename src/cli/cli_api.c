/*
 * cli_api.c - requests of a verb to the daemon's HTTP API
 *
 * What an answer means for the shell is decided here, once: a status becomes an exit
 * code, and the API's "detail" becomes the sentence on standard error. The key travels in
 * one header and is wiped when the verb ends.
 */
#include "cli/cli_api.h"

#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_table.h"
#include "client/http_call.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX   (64 * 1024 * 1024)
#define KEY_FILE_MAX 4096

/* An address that a server may listen on, but nobody can connect to, means this host. */
static const char *reachable(const char *host)
{
	if (strcmp(host, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(host, "::") == 0 ? "::1" : host;
}

static int find_url(struct cli_api *api)
{
	const char *url = cli_args_text(api->args, "url", getenv("SYNAPSED_URL"));
	struct conf *conf = NULL;
	const char *host;
	int code;

	if (url && url[0]) {
		str_add_text(&api->url, url);
	} else {
		code = cli_conf_load(api->args, false, &conf);
		if (code)
			return code;
		host = reachable(conf->api.listen.host);
		str_printf(&api->url,
			   strchr(host, ':') ? "http://[%s]:%u" : "http://%s:%u", host,
			   conf->api.listen.port);
		conf_free(conf);
	}
	while (api->url.len && api->url.data[api->url.len - 1] == '/')
		api->url.data[--api->url.len] = '\0';
	return 0;
}

static int find_key(struct cli_api *api)
{
	const char *path = cli_args_text(api->args, "key-file", NULL);
	const char *key = getenv("SYNAPSED_KEY");
	char *text = NULL;
	struct err err;
	size_t len;

	if (!path) {
		str_add_text(&api->key, key ? key : "");
		return 0;
	}
	if (fdutil_read_file(path, KEY_FILE_MAX, &text, &len, &err) < 0)
		return cli_args_fail(api->args, EXIT_CODE_USAGE, "%s", err.text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	str_add_text(&api->key, text);
	mem_wipe(text, len);
	mem_free(text);
	return 0;
}

int cli_api_init(struct cli_api *api, const struct cli_args *args)
{
	int code;

	memset(api, 0, sizeof(*api));
	api->args = args;
	if (!cli_args_ms(args, "timeout", 1, 3600000, 30000, &api->timeout_ms))
		return EXIT_CODE_USAGE;
	code = find_url(api);
	if (code == 0)
		code = find_key(api);
	if (code)
		cli_api_deinit(api);
	return code;
}

void cli_api_deinit(struct cli_api *api)
{
	if (api->key.len)
		mem_wipe(api->key.data, api->key.len);
	str_deinit(&api->key);
	str_deinit(&api->url);
}

int cli_api_status_code(int status)
{
	switch (status) {
	case 404:
		return EXIT_CODE_NOT_FOUND;
	case 409:
		return EXIT_CODE_CONFLICT;
	case 503:
		return EXIT_CODE_REFUSED;
	default:
		return status >= 400 && status < 500 ? EXIT_CODE_REFUSED
						     : EXIT_CODE_FAILED;
	}
}

int cli_api_error_code(int rc)
{
	switch (rc) {
	case ERR_CONN:
	case ERR_TIMEOUT:
	case ERR_PROTO:
		return EXIT_CODE_UNREACHABLE;
	case ERR_INPUT:
		return EXIT_CODE_USAGE;
	default:
		return EXIT_CODE_FAILED;
	}
}

/* The reason in the API's words: a text, or FastAPI's list of what is wrong where. */
static void reason_of(const struct json *doc, struct str *out)
{
	const struct json *detail = jsonr_get(doc, "detail"), *item, *where;
	const char *code = jsonr_get_text(doc, "code");
	struct str part = STR_INIT;
	size_t i, k;

	if (jsonr_type(detail) == JSONR_STRING)
		cli_table_clean(out, jsonr_text(detail));
	for (i = 0; i < jsonr_count(detail) && jsonr_type(detail) == JSONR_ARRAY; i++) {
		item = jsonr_at(detail, i);
		where = jsonr_get(item, "loc");
		str_reset(&part, 1024);
		for (k = 0; k < jsonr_count(where); k++) {
			str_add_text(&part, k ? "." : "");
			if (jsonr_type(jsonr_at(where, k)) == JSONR_STRING)
				str_add_text(&part, jsonr_text(jsonr_at(where, k)));
			else
				jsonr_print(jsonr_at(where, k), &part);
		}
		str_add_text(out, i ? "; " : "");
		cli_table_clean(out, str_text(&part));
		str_add_text(out, ": ");
		cli_table_clean(out, jsonr_get_text(item, "msg")
					     ? jsonr_get_text(item, "msg")
					     : "wrong");
	}
	if (code) {
		str_add_text(out, out->len ? " (" : "(");
		cli_table_clean(out, code);
		str_add_char(out, ')');
	}
	str_deinit(&part);
}

static int refuse(const struct cli_api *api, const struct cli_answer *answer)
{
	struct str reason = STR_INIT;
	int code = cli_api_status_code(answer->status);

	reason_of(answer->doc, &reason);
	if (answer->status == 401 && !api->key.len)
		str_printf(&reason,
			   "; give a key by --key-file or $SYNAPSED_KEY (`synapsed key "
			   "create` makes one)");
	(void)cli_args_fail(api->args, code, "HTTP %d%s%s", answer->status,
			    reason.len ? ": " : "", str_text(&reason));
	str_deinit(&reason);
	return code;
}

/* 0, or an exit code when what came is no JSON. */
static int read_answer(const struct cli_api *api, struct http_answer *from,
		       struct cli_answer *ret)
{
	struct err err;

	ret->status = from->status;
	ret->text = from->body;
	from->body = (struct str)STR_INIT;
	ret->doc = NULL;
	if (jsonr_parse(str_text(&ret->text), ret->text.len, &ret->doc, NULL, NULL,
			&err) == 0)
		return 0;
	if (ret->status < 200 || ret->status > 299)
		return 0; /* the status says enough */
	return cli_args_fail(api->args, EXIT_CODE_FAILED, "the answer is not JSON: %s",
			     err.text);
}

int cli_api_call(const struct cli_api *api, const char *method, const char *path,
		 const char *body, const char *header, struct cli_answer *ret)
{
	struct str url = STR_INIT, bearer = STR_INIT;
	const char *headers[4] = { NULL };
	struct http_call call = { .method = method,
				  .headers = headers,
				  .body = body,
				  .body_len = body ? strlen(body) : 0,
				  .deadline_ms = api->timeout_ms,
				  .answer_max_bytes = ANSWER_MAX };
	struct http_answer got;
	struct cli_answer answer;
	struct err err;
	int code, rc;
	size_t n = 0;

	str_printf(&url, "%s%s", str_text(&api->url), path);
	call.url = str_text(&url);
	if (body)
		headers[n++] = "Content-Type: application/json";
	if (api->key.len) {
		str_printf(&bearer, "Authorization: Bearer %s", str_text(&api->key));
		headers[n++] = str_text(&bearer);
	}
	headers[n] = header;
	rc = http_call(&call, &got, &err);
	if (bearer.len)
		mem_wipe(bearer.data, bearer.len);
	str_deinit(&bearer);
	str_deinit(&url);
	if (rc < 0)
		return cli_args_fail(api->args, cli_api_error_code(rc), "%s: %s",
				     str_text(&api->url), err.text);
	code = read_answer(api, &got, &answer);
	http_answer_deinit(&got);
	if (code == 0 && (answer.status < 200 || answer.status > 299))
		code = refuse(api, &answer);
	if (code)
		cli_answer_deinit(&answer);
	else
		*ret = answer;
	return code;
}

int cli_api_stream(const struct cli_api *api, const char *path, const char *header,
		   bool (*sink)(void *arg, const char *bytes, size_t len), void *arg,
		   bool *again)
{
	struct str url = STR_INIT, bearer = STR_INIT;
	const char *headers[3] = { NULL };
	struct http_call call = { .method = "GET",
				  .headers = headers,
				  .deadline_ms = api->timeout_ms,
				  .answer_max_bytes = ANSWER_MAX,
				  .sink = sink,
				  .sink_arg = arg };
	struct http_answer got;
	struct cli_answer answer;
	struct err err;
	int code = 0, rc;
	size_t n = 0;

	str_printf(&url, "%s%s", str_text(&api->url), path);
	call.url = str_text(&url);
	if (api->key.len) {
		str_printf(&bearer, "Authorization: Bearer %s", str_text(&api->key));
		headers[n++] = str_text(&bearer);
	}
	headers[n] = header;
	rc = http_call(&call, &got, &err);
	if (bearer.len)
		mem_wipe(bearer.data, bearer.len);
	str_deinit(&bearer);
	str_deinit(&url);
	*again = rc == 0 ? got.status == 200 || got.status == 503
			 : rc == ERR_CONN || rc == ERR_TIMEOUT;
	if (rc < 0)
		return *again ? cli_api_error_code(rc)
			      : cli_args_fail(api->args, cli_api_error_code(rc), "%s: %s",
					      str_text(&api->url), err.text);
	if (*again) {
		code = got.status == 200 ? 0 : cli_api_status_code(got.status);
	} else {
		code = read_answer(api, &got, &answer);
		if (code == 0)
			code = refuse(api, &answer);
		cli_answer_deinit(&answer);
	}
	http_answer_deinit(&got);
	return code;
}

void cli_answer_deinit(struct cli_answer *answer)
{
	jsonr_free(answer->doc);
	str_deinit(&answer->text);
}

void cli_api_query(struct str *path, const char *name, const char *value)
{
	if (!value)
		return;
	str_add_char(path, strchr(str_text(path), '?') ? '&' : '?');
	str_printf(path, "%s=", name);
	ids_encode(path, value);
}

void cli_api_print(const struct cli_answer *answer)
{
	(void)printf("%s\n", str_text(&answer->text)); /* cli_main looks at the stream */
}

int cli_api_ask(const struct cli_args *args, const char *method, const char *path,
		const char *body, cli_api_show show, const void *arg)
{
	struct cli_answer answer = { .text = STR_INIT };
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	code = cli_api_call(&api, method, path, body, NULL, &answer);
	if (code == 0) {
		if (args->json)
			cli_api_print(&answer);
		else
			show(args, &answer, arg);
		cli_answer_deinit(&answer);
	}
	cli_api_deinit(&api);
	return code;
}
