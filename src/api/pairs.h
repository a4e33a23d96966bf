/* pairs.h - members of answers that come out of columns */
#ifndef API_PAIRS_H
#define API_PAIRS_H

struct jsonw;

/* A moment as Postgres prints it; NULL is null. */
void pairs_moment(struct jsonw *w, const char *key, const char *moment);
/* The same as stock's files have it, "2026-06-01T12:34:56Z"; from a file of that form,
 * too. */
void pairs_stamp(struct jsonw *w, const char *key, const char *moment);
/* JSON text as it is; NULL is null. */
void pairs_json(struct jsonw *w, const char *key, const char *json);

#endif
