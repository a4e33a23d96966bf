/*
 * fuzz_bulk.c - any bytes as the body of many runs (libFuzzer)
 *
 * The outline is read by quotes and brackets (api/bulk_scan.c), its pieces by the
 * strict reader. Together they must say what the strict reader says of the whole: the
 * same body is good, and has the same items.
 */
#include "fuzz.h"

#include "api/bulk_scan.h"
#include "base/jsonr.h"
#include "base/str.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct outline {
	enum bulk_scan_step end;
	bool good; /* all pieces are JSON */
	bool seen;
	size_t count;
	struct str items; /* printed, a line each */
};

/* {...} around a member that is not ours, to read it. */
static bool member_ok(const char *text, size_t len)
{
	struct str whole = STR_INIT;
	struct json *doc = NULL;
	int rc;

	str_add_char(&whole, '{');
	str_add(&whole, text, len);
	str_add_char(&whole, '}');
	rc = jsonr_parse(str_text(&whole), whole.len, &doc, NULL, NULL, NULL);
	jsonr_free(doc);
	str_deinit(&whole);
	return rc == 0;
}

static bool item_ok(struct outline *outline, const char *text, size_t len)
{
	struct json *doc = NULL;
	int rc = jsonr_parse(text, len, &doc, NULL, NULL, NULL);

	jsonr_print(doc, &outline->items);
	str_add_char(&outline->items, '\n');
	jsonr_free(doc);
	return rc == 0;
}

static void scan_all(struct outline *outline, const char *text, size_t len)
{
	struct bulk_scan scan;
	size_t start = 0, end = 0;

	bulk_scan_init(&scan, text, len);
	while ((outline->end = bulk_scan_next(&scan, &start, &end)) <= BULK_SCAN_OTHER) {
		assert(start <= end && end <= len);
		if (outline->end == BULK_SCAN_OTHER) {
			outline->good &= member_ok(text + start, end - start);
		} else {
			outline->good &= item_ok(outline, text + start, end - start);
			outline->count++;
		}
	}
	outline->seen = bulk_scan_seen(&scan);
	if (outline->end == BULK_SCAN_BAD)
		assert(bulk_scan_why(&scan) && start <= len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outline outline = { .good = true, .items = STR_INIT };
	enum jsonr_fault fault = JSONR_FAULT_NONE;
	struct str items = STR_INIT;
	struct json *doc = NULL;
	const struct json *runs;
	size_t i;
	int rc;

	scan_all(&outline, (const char *)data, size);
	rc = jsonr_parse((const char *)data, size, &doc, &fault, NULL, NULL);
	runs = jsonr_get(doc, "runs");
	if (rc == 0 && jsonr_type(doc) == JSONR_OBJECT &&
	    (!runs || jsonr_type(runs) == JSONR_ARRAY)) {
		bool found;

		(void)jsonr_find(doc, "runs", &found);
		if (runs || !found) {
			assert(outline.end == BULK_SCAN_END && outline.good);
			assert(outline.seen == found);
			for (i = 0; i < jsonr_count(runs); i++) {
				jsonr_print(jsonr_at(runs, i), &items);
				str_add_char(&items, '\n');
			}
			assert(outline.count == jsonr_count(runs));
			assert(same_text(&items, &outline.items));
		} else {
			assert(outline.end == BULK_SCAN_TYPE);
		}
	} else if (rc < 0 && fault == JSONR_FAULT_SYNTAX) {
		assert(outline.end != BULK_SCAN_END || !outline.good);
	}
	jsonr_free(doc);
	str_deinit(&items);
	str_deinit(&outline.items);
	return 0;
}
