/* pairs.h - members of answers that come out of columns */
#ifndef API_PAIRS_H
#define API_PAIRS_H

struct jsonw;

/* A moment as Postgres prints it; NULL is null. */
void pairs_moment(struct jsonw *w, const char *key, const char *moment);
/* JSON text as it is; NULL is null. */
void pairs_json(struct jsonw *w, const char *key, const char *json);

#endif
