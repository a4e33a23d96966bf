/* response.h - the answer to a request: once, now or later */
#ifndef SERVER_RESPONSE_H
#define SERVER_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

struct request;
struct str;

/*
 * Add a header to the answer that will follow; name and value are copied, both ours (no
 * control characters). At most RESPONSE_HEADERS_MAX.
 */
#define RESPONSE_HEADERS_MAX 16
void response_header(struct request *req, const char *name, const char *value);
void response_header_int(struct request *req, const char *name, int64_t value);

/* Answer with JSON. Takes the content of body (it is empty afterwards). */
void response_json(struct request *req, int status, struct str *body);
/* The same from borrowed text, with a content type. */
void response_text(struct request *req, int status, const char *content_type,
		   const char *text, size_t len);
/* The connection is closed after this request's answer; before the answer. */
void response_close(struct request *req);

#endif
