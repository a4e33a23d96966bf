/*
 * scale_s3.c - POST /api/scale/test-s3
 *
 * Nothing of this program is kept in S3, so no bucket can be used and none is asked: the
 * request is judged as stock judges it, and the answer says why the settings have no
 * effect. Keys and secrets of the body are looked at for their kind alone.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#define TEXT_MAX 2048

static const char *const keys[] = {
	"s3_region",       "s3_prefix", "s3_access_key_id", "s3_secret_access_key",
	"s3_endpoint_url",
};

void scale_s3_test(struct api_call *call)
{
	struct arena *arena = request_arena(call->req);
	struct body_faults faults = { .count = 0 };
	struct body_at body = { NULL, "body", 0 }, at = { &body, "s3_bucket", 0 };
	const char *bucket = NULL;
	struct json *doc = NULL;
	struct str out = STR_INIT;
	struct jsonw w;
	size_t i, len;
	const char *text = request_body(call->req, &len);

	if (body_parse(&faults, text, len, 0, &doc)) {
		bucket = body_text(&faults, &body, doc, "s3_bucket", TEXT_MAX, arena);
		if (!bucket && faults.count == 0)
			body_fault(&faults, &at, "missing", "Field required");
		for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			(void)body_text(&faults, &body, doc, keys[i], TEXT_MAX, arena);
	}
	jsonr_free(doc);
	if (faults.count) {
		body_faults_send(call->req, &faults);
	} else if (!bucket || !*bucket) {
		errors_send(call->req, ERRORS_NO_BUCKET, NULL);
	} else {
		jsonw_init(&w, &out);
		jsonw_object(&w);
		jsonw_pair_bool(&w, "ok", false);
		jsonw_pair_text(&w, "error",
				"this server keeps nothing in S3: the bucket was not "
				"asked, and these settings have no effect");
		jsonw_object_end(&w);
		response_json(call->req, 200, &out);
	}
	body_faults_deinit(&faults);
}
