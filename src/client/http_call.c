/*
 * http_call.c - one blocking HTTP request
 *
 * A fresh easy handle a call: a verb makes one or a few, and what one call left behind
 * (cookies, connections, a half-read answer) cannot reach the next. libcurl's defaults
 * that would surprise here are turned off: proxy variables, redirects, other protocols,
 * the "Expect" header and signals.
 */
#include "client/http_call.h"

#include "base/mem.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct receiver {
	const struct http_call *call;
	struct http_answer answer;
	CURL *curl; /* borrowed */
	bool too_large;
	bool enough; /* said the sink */
};

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct receiver *to = data;
	size_t len = size * count;
	long status = 0;

	if (to->call->sink) {
		(void)curl_easy_getinfo(to->curl, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200) {
			to->enough = !to->call->sink(to->call->sink_arg, bytes, len);
			return to->enough ? 0 : len;
		}
	}
	if (len > to->call->answer_max_bytes - to->answer.body.len) {
		to->too_large = true;
		return 0; /* fewer than len: the transfer ends */
	}
	str_add(&to->answer.body, bytes, len);
	return len;
}

static void forget_headers(struct http_answer *answer)
{
	size_t i;

	for (i = 0; i < HTTP_CALL_WANTED_MAX; i++) {
		mem_free(answer->wanted[i]);
		answer->wanted[i] = NULL;
	}
}

/* One line of the answer's head, with its CR LF. */
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
	struct receiver *to = data;
	size_t len = size * count, name_len, end, i;
	const char *colon = memchr(bytes, ':', len);

	if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		forget_headers(&to->answer); /* those before were of a 1xx */
		return len;
	}
	if (!colon || !to->call->wanted)
		return len;
	name_len = (size_t)(colon - bytes);
	for (i = 0; i < HTTP_CALL_WANTED_MAX && to->call->wanted[i]; i++) {
		if (strlen(to->call->wanted[i]) != name_len ||
		    strncasecmp(to->call->wanted[i], bytes, name_len) != 0)
			continue;
		for (name_len++;
		     name_len < len && isblank((unsigned char)bytes[name_len]);)
			name_len++;
		for (end = len; end > name_len && isspace((unsigned char)bytes[end - 1]);)
			end--;
		mem_free(to->answer.wanted[i]);
		to->answer.wanted[i] = mem_dup_n(bytes + name_len, end - name_len);
		break;
	}
	return len;
}

static int add_header(struct curl_slist **list, const char *line, struct err *err)
{
	struct curl_slist *longer;
	const char *p;

	for (p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(err, ERR_INPUT,
				       "a header holds a control character");
	longer = curl_slist_append(*list, line);
	if (!longer)
		return err_set(err, ERR_LIMIT, "no memory for the request");
	*list = longer;
	return 0;
}

static int add_headers(const struct http_call *call, struct curl_slist **list,
		       struct err *err)
{
	const char *const *line;
	int rc = add_header(list, "Expect:", err);

	for (line = call->headers; rc == 0 && line && *line; line++)
		rc = add_header(list, *line, err);
	return rc;
}

static int setup(CURL *curl, const struct http_call *call, struct receiver *to,
		 struct curl_slist *headers, char *why, struct err *err)
{
	bool sends = call->body || strcmp(call->method, "POST") == 0 ||
		     strcmp(call->method, "PUT") == 0;
	int bad = 0;

	bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(curl, CURLOPT_URL, call->url);
	bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT,
				PACKAGE_NAME "/" PACKAGE_VERSION);
	if (call->sink) {
		bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
		bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
					(long)HTTP_CALL_SILENCE_SEC);
	} else {
		bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
					(long)call->deadline_ms);
	}
	bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)call->deadline_ms);
	bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (strcmp(call->method, "HEAD") == 0)
		bad |= curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (sends) {
		bad |= curl_easy_setopt(curl, CURLOPT_POST, 1L);
		bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)call->body_len);
		bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
					call->body ? call->body : "");
	}
	bad |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, to);
	return bad ? err_set(err, ERR_LIMIT, "libcurl refuses an option") : 0;
}

/* What a failed transfer means; the text says it in libcurl's words. */
static int judge(CURLcode code, const struct receiver *to, const char *why,
		 struct err *err)
{
	const char *text = why[0] ? why : curl_easy_strerror(code);

	if (to->too_large)
		return err_set(err, ERR_LIMIT, "the answer is larger than %zu bytes",
			       to->call->answer_max_bytes);
	switch (code) {
	case CURLE_URL_MALFORMAT:
		return err_set(err, ERR_INPUT, "%s", text);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_TIMEOUT, "%s", text);
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: a body without a head */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_BAD_CONTENT_ENCODING:
		return err_set(err, ERR_PROTO, "%s", text);
	default:
		break;
	}
	return err_set(err, ERR_CONN, "%s", text);
}

int http_call(const struct http_call *call, struct http_answer *ret, struct err *err)
{
	static bool ready; /* of a verb's process; libcurl is set up once */
	char why[CURL_ERROR_SIZE] = "";
	struct receiver to = { .call = call };
	struct curl_slist *headers = NULL;
	CURL *curl = NULL;
	CURLcode code;
	long status = 0;
	int rc;

	if (strncasecmp(call->url, "http://", 7) != 0 &&
	    strncasecmp(call->url, "https://", 8) != 0)
		return err_set(err, ERR_INPUT, "not an http:// or https:// URL");
	if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_LIMIT, "libcurl does not start");
	ready = true;
	curl = curl_easy_init();
	if (!curl)
		return err_set(err, ERR_LIMIT, "no memory for the request");
	to.curl = curl;
	rc = add_headers(call, &headers, err);
	if (rc < 0)
		goto out;
	rc = setup(curl, call, &to, headers, why, err);
	if (rc < 0)
		goto out;
	code = curl_easy_perform(curl);
	if (code != CURLE_OK && !to.enough) {
		rc = judge(code, &to, why, err);
		goto out;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	to.answer.status = (int)status;
	*ret = to.answer;
	memset(&to.answer, 0, sizeof(to.answer));
	rc = 0;
out:
	http_answer_deinit(&to.answer);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return rc;
}

void http_answer_deinit(struct http_answer *answer)
{
	str_deinit(&answer->body);
	forget_headers(answer);
}
