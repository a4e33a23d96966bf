/* cookie.h - the cookie of a session of the page */
#ifndef API_COOKIE_H
#define API_COOKIE_H

#include <stdbool.h>

struct request;

#define COOKIE_TOKEN_HEX 64

/*
 * The token in the request's cookies, copied: COOKIE_TOKEN_HEX digits. false: there is
 * none, or more than one.
 */
bool cookie_token(const struct request *req, char token[COOKIE_TOKEN_HEX + 1]);
/* The answer sets it for so many seconds; 0: it goes. */
void cookie_set(struct request *req, const char *token, int seconds);
/*
 * May a request with this cookie change anything? It has the header that pages of other
 * sites cannot send without asking (X-Synapse-Page; OWASP's custom request header), so a
 * link or a form somewhere else does nothing in the name of who is signed in.
 */
bool cookie_is_ours(const struct request *req);

#endif
