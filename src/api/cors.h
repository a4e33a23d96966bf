/* cors.h - what pages of other origins may do (CONTRACT 1.1) */
#ifndef API_CORS_H
#define API_CORS_H

#include <stdbool.h>

struct conf_names;
struct request;

/*
 * Add the headers that browsers ask for to the answer that will follow; the first thing
 * about a request. origins: who may read answers, with credentials; NULL: nobody. true:
 * it was a preflight, and is answered.
 */
bool cors_answer(const struct conf_names *origins, struct request *req);

#endif
