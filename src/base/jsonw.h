/* jsonw.h - writing JSON: append-only, straight into a buffer */
#ifndef BASE_JSONW_H
#define BASE_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/*
 * A writer over the caller's str: it adds commas and quotes, the caller keeps the nesting
 * right (asserted). Embed it; nothing to free. Strings must be valid UTF-8 (utf8_clean).
 */
struct jsonw {
	struct str *out; /* borrowed */
	uint64_t comma;  /* one bit a level: a value was written there */
	int depth;       /* at most 60 */
	bool after_key;
};

void jsonw_init(struct jsonw *w, struct str *out);
void jsonw_object(struct jsonw *w);     /* { */
void jsonw_object_end(struct jsonw *w); /* } */
void jsonw_array(struct jsonw *w);
void jsonw_array_end(struct jsonw *w);
void jsonw_key(struct jsonw *w, const char *key);

void jsonw_text(struct jsonw *w, const char *text); /* NULL writes null */
void jsonw_text_n(struct jsonw *w, const char *text, size_t len);
void jsonw_int(struct jsonw *w, int64_t n);
/* Shortest text that reads back as the same double, with ".0" for whole ones. */
void jsonw_double(struct jsonw *w, double d);
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);
/* A value that is JSON text already, borrowed. */
void jsonw_raw(struct jsonw *w, const char *json, size_t len);

/* key and value at once */
void jsonw_pair_text(struct jsonw *w, const char *key, const char *text);
void jsonw_pair_int(struct jsonw *w, const char *key, int64_t n);
void jsonw_pair_double(struct jsonw *w, const char *key, double d);
void jsonw_pair_bool(struct jsonw *w, const char *key, bool value);
void jsonw_pair_raw(struct jsonw *w, const char *key, const char *json, size_t len);

/* Only the string itself, quoted and escaped, appended to out. */
void jsonw_quote(struct str *out, const char *text, size_t len);

#endif
