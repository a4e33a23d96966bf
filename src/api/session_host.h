/* session_host.h - sessions of the page that this host opens by its own keys */
#ifndef API_SESSION_HOST_H
#define API_SESSION_HOST_H

#include <stdbool.h>

struct api_call;
struct store_session;

/* All of these: false, and nothing is done, on a host without keys of its own. Texts are
 * in the request's arena. */

/* Are there active keys? */
bool session_host_keys(const struct api_call *call);
/* key_hash NULL: without a key, which is refused when there is one. false: refused, or it
 * could not be written, which is logged. */
bool session_host_open(const struct api_call *call, const char *token_hash,
		       const char *key_hash, int seconds, struct store_session *ret);
/* What a token is worth now; false: it is none of this host's, or its key is gone. */
bool session_host_get(const struct api_call *call, const char *token_hash,
		      struct store_session *ret);
/* A new token for an old one, which is good for a minute more: requests with it may be
 * under way. */
bool session_host_rotate(const struct api_call *call, const char *old_hash,
			 const char *new_hash);
void session_host_end(const struct api_call *call, const char *token_hash);

#endif
