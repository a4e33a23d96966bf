/*
 * def_kind.c - what routes of definitions share
 *
 * A version is a number in a header: ETag of what is answered, If-Match of what is
 * written. So two who edit one definition do not overwrite each other unknowingly.
 */
#include "api/def_kind.h"

#include "api/errors.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/units.h"
#include "run/problem.h"
#include "server/request.h"
#include "server/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND_SEGMENT 2 /* of /api/v2/<kind> */
#define TAG_MAX      32

enum store_definition_kind def_kind_of(const struct request *req)
{
	static const char *const names[] = {
		[STORE_ORCHESTRATION] = "orchestrations",
		[STORE_AGENT] = "agents",
		[STORE_TOOL] = "tools",
		[STORE_MCP_SERVER] = "mcp-servers",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(request_segment(req, KIND_SEGMENT), names[i]) == 0)
			return (enum store_definition_kind)i;
	return STORE_ORCHESTRATION;
}

const char *def_kind_key(enum store_definition_kind kind)
{
	return kind == STORE_TOOL || kind == STORE_MCP_SERVER ? "name" : "id";
}

void def_kind_etag(struct request *req, int64_t version)
{
	char tag[TAG_MAX];

	(void)snprintf(tag, sizeof(tag), "\"%" PRId64 "\"", version);
	response_header(req, "ETag", tag);
}

/* "7", W/"7" or 7; 0: none of these. */
static int64_t read_tag(const char *text)
{
	char digits[TAG_MAX];
	size_t len;
	int64_t n;

	if (strncmp(text, "W/", 2) == 0)
		text += 2;
	len = strlen(text);
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(digits))
		return 0;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return units_parse_int(digits, &n) == 0 && n > 0 ? n : 0;
}

bool def_kind_expect(struct request *req, int64_t *ret)
{
	const char *match = request_header(req, "If-Match");
	const char *none = request_header(req, "If-None-Match");

	*ret = STORE_EXPECT_ANY;
	if (none && !match && strcmp(none, "*") == 0) {
		*ret = STORE_EXPECT_NONE;
		return true;
	}
	if (match && !none) {
		*ret = read_tag(match);
		if (*ret > 0)
			return true;
	}
	if (!match && !none)
		return true;
	errors_send(req, ERRORS_VALIDATION,
		    "If-Match is the number of a version in quotes, If-None-Match is *");
	return false;
}

/* The path of a pointer as a list: "/steps/2/id" is "steps", 2, "id". */
static void print_loc(struct jsonw *w, const char *pointer)
{
	jsonw_array(w);
	jsonw_text(w, "body");
	while (*pointer == '/') {
		size_t len = strcspn(++pointer, "/");

		if (len > 0 && len < 10 && strspn(pointer, "0123456789") == len)
			jsonw_int(w, atoi(pointer));
		else
			jsonw_text_n(w, pointer, len);
		pointer += len;
	}
	jsonw_array_end(w);
}

void def_kind_print_problems(const struct problems *problems, bool warnings,
			     const char *prefix, struct str *out)
{
	const struct problem *kept = warnings ? problems->warned : problems->kept;
	size_t count = warnings ? problems->warnings : problems->count, i;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = 0; i < count && i < PROBLEM_MAX; i++) {
		struct str where = STR_INIT;

		/* a problem of a whole member is written without its slash */
		str_printf(&where, "%s%s%s", prefix,
			   kept[i].where[0] && kept[i].where[0] != '/' ? "/" : "",
			   kept[i].where);
		jsonw_object(&w);
		jsonw_pair_text(&w, "type", "definition");
		jsonw_key(&w, "loc");
		print_loc(&w, str_text(&where));
		jsonw_pair_text(&w, "msg", kept[i].text);
		jsonw_pair_text(&w, "pointer", str_text(&where));
		jsonw_object_end(&w);
		str_deinit(&where);
	}
	jsonw_array_end(&w);
}

void def_kind_send_problems(struct request *req, const struct problems *problems)
{
	struct str list = STR_INIT;

	def_kind_print_problems(problems, false, "", &list);
	errors_send_json(req, ERRORS_DEFINITION, str_text(&list), list.len);
	str_deinit(&list);
}

void def_kind_send_outcome(struct request *req, const struct store_put *put)
{
	char detail[160];

	switch (put->outcome) {
	case STORE_PUT_EXISTS:
		def_kind_etag(req, put->version);
		errors_send(req, ERRORS_EXISTS, NULL);
		return;
	case STORE_PUT_CHANGED:
		(void)snprintf(detail, sizeof(detail),
			       "somebody has changed it: version %" PRId64
			       " is there now",
			       put->version);
		def_kind_etag(req, put->version);
		errors_send(req, ERRORS_CHANGED, detail);
		return;
	case STORE_PUT_TENANT:
		errors_send(req, ERRORS_TENANT, NULL);
		return;
	case STORE_PUT_BAD:
		errors_send(req, ERRORS_DEFINITION, put->detail);
		return;
	case STORE_PUT_NONE:
	case STORE_PUT_DELETED:
	case STORE_PUT_NEWER:
	case STORE_PUT_STORED:
	case STORE_PUT_SAME:
		break;
	}
	errors_send(req, ERRORS_NO_DEFINITION, NULL);
}
