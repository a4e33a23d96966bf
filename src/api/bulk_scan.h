/*
 * bulk_scan.h - cut a bulk body {"runs": [item, ...]} into its items, a slice at a time
 */
#ifndef API_BULK_SCAN_H
#define API_BULK_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* All fields are private; embed it. The text is borrowed for the scan's life. */
struct bulk_scan {
	const char *text;
	size_t len;
	size_t at;
	int state;
	bool seen; /* "runs" was there */
	bool first;
	const char *why;
};

enum bulk_scan_step {
	BULK_SCAN_ITEM,      /* *start and *end: one item of "runs" */
	BULK_SCAN_OTHER,     /* *start and *end: another member, its key included */
	BULK_SCAN_END,       /* the whole body is read; bulk_scan_seen() */
	BULK_SCAN_BAD,       /* not JSON from byte *start on; bulk_scan_why() */
	BULK_SCAN_DUPLICATE, /* "runs" twice, at byte *start */
	BULK_SCAN_TYPE,      /* the body is no object or "runs" no array; whether it is
				JSON has not been looked at */
};

void bulk_scan_init(struct bulk_scan *scan, const char *text, size_t len);
/*
 * The next piece. Only the outline is checked: whoever gets an item or another value
 * parses it strictly. After anything but ITEM and OTHER the scan is over.
 */
enum bulk_scan_step bulk_scan_next(struct bulk_scan *scan, size_t *start, size_t *end);
bool bulk_scan_seen(const struct bulk_scan *scan);
/* What is wrong, static. */
const char *bulk_scan_why(const struct bulk_scan *scan);

#endif
