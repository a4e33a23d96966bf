/*
 * fuzz_words.c - any bytes as one of the short texts that people and programs give: a
 * duration, a moment, a cron expression, a cursor, a model, a URL (libFuzzer)
 *
 * What must hold beside that nothing crashes: what is read and printed reads as the
 * same; a cron expression means moments in the future; a password is not shown.
 */
#include "fuzz.h"

#include "api/stream_id.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/moment.h"
#include "base/netrange.h"
#include "base/units.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "client/egress.h"
#include "conf/conf_url.h"
#include "events/event_id.h"
#include "queue/queue_names.h"
#include "run/cron.h"
#include "run/model.h"
#include "store/store_letters.h"
#include "store/store_questions.h"
#include "store/store_runs.h"

#include <assert.h>

#define NOW_SEC 1780000000

static void check_units(const char *text)
{
	char printed[UNITS_TEXT_MAX];
	int64_t n, again;

	if (units_parse_ms(text, &n) == 0)
		assert(units_parse_ms(units_format_ms(n, printed), &again) == 0 &&
		       again == n);
	if (units_parse_bytes(text, &n) == 0)
		assert(units_parse_bytes(units_format_bytes(n, printed), &again) == 0 &&
		       again == n);
	(void)units_parse_int(text, &n);
	if (moment_parse(text, &n))
		assert(n >= 0 && n < INT64_C(253402300800000));
}

static void check_ids(const char *text)
{
	char start[STREAM_ID_MAX], end[STREAM_ID_MAX], printed[EVENT_ID_MAX];
	struct str key = STR_INIT, raw = STR_INIT;
	struct event_id id, again;

	if (event_id_parse(text, &id)) {
		(void)event_id_print(&id, printed);
		assert(event_id_parse(printed, &again));
		assert(event_id_compare(&id, &again) == 0);
	}
	if (stream_id_start(text, start))
		assert(strlen(start) < STREAM_ID_MAX && start[0] != '(');
	if (stream_id_end(text, end))
		assert(strlen(end) < STREAM_ID_MAX && end[0] != '(');
	(void)store_runs_cursor_ok(text);
	(void)store_letters_cursor_ok(text);
	(void)store_questions_cursor_ok(text);
	queue_names_tenant(&key, text);
	if (strlen(text) < IDS_MAX) {
		assert(queue_names_tenant_raw(&raw, str_text(&key), key.len));
		assert(strcmp(str_text(&raw), text) == 0);
	}
	str_deinit(&key);
	str_deinit(&raw);
}

static void check_cron(const char *text)
{
	struct cron cron;
	struct err err;
	int64_t next;

	if (cron_parse(text, &cron, &err) < 0) {
		assert(err.text[0] && utf8_valid(err.text, strlen(err.text), NULL));
		return;
	}
	next = cron_next(&cron, "UTC", NOW_SEC);
	assert(next == -1 || (next > NOW_SEC && next % 60 == 0));
}

static void check_url(const char *text)
{
	static const char *const schemes[] = { "redis",    "rediss",     "unix",
					       "postgres", "postgresql", NULL };
	struct str shown = STR_INIT, with = STR_INIT;
	struct err err;

	if (conf_url_check(text, schemes, &err) < 0)
		assert(err.text[0]);
	conf_url_redact(text, &shown);
	/* what stands where passwords stand */
	str_printf(&with, "redis://u:Qx7pass%s@h/1?password=Qx7pass", text);
	str_reset(&shown, 0);
	conf_url_redact(str_text(&with), &shown);
	assert(strstr(text, "Qx7pass") || !strstr(str_text(&shown), "Qx7pass"));
	str_deinit(&shown);
	str_deinit(&with);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_n((const char *)data, size);
	struct netrange range;
	struct egress egress;
	struct model model;
	struct err err;

	memset(&egress, 0, sizeof(egress));
	check_units(text);
	check_ids(text);
	check_cron(text);
	check_url(text);
	if (netrange_parse(text, &range))
		assert(range.bits <= 128);
	(void)egress_allow(&egress, text, &err);
	if (model_parse(text, &model, &err) < 0)
		assert(err.text[0]);
	else
		assert(model_served_name(text));
	(void)zone_ok(text);
	mem_free(text);
	return 0;
}
