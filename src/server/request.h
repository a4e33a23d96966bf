/* request.h - one HTTP request: read-only for handlers */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct request;

enum request_method {
	REQUEST_GET,
	REQUEST_HEAD,
	REQUEST_POST,
	REQUEST_PUT,
	REQUEST_PATCH,
	REQUEST_DELETE,
	REQUEST_OPTIONS,
	REQUEST_OTHER,
};

#define REQUEST_SEGMENTS_MAX 16
#define REQUEST_PARAMS_MAX   32

/* All that these return is borrowed and lives as long as the request: until the answer's
 * last byte has left or the client has. */
enum request_method request_method(const struct request *req);

/*
 * The path, cut at its slashes, each segment percent-decoded (valid UTF-8, no NUL):
 * "/api/v2/runs/a%2Fb" is { "api", "v2", "runs", "a/b" }. An empty segment is "".
 */
size_t request_segment_count(const struct request *req);
const char *request_segment(const struct request *req, size_t index);

/* The last query parameter of that name, decoded ("" without a value), or NULL. */
const char *request_query(const struct request *req, const char *name);

/* The first header of that name (any case), or NULL; and how many there are. */
const char *request_header(const struct request *req, const char *name);
size_t request_header_count(const struct request *req, const char *name);

/* The body; only in on_request and later. NUL-terminated. */
const char *request_body(const struct request *req, size_t *ret_len);
/* Give the body's memory back before the answer is there. */
void request_body_drop(struct request *req);

/* Numeric address of the other side, "" if unknown. */
const char *request_peer(struct request *req);

/* Memory that lives as long as the request. */
struct arena *request_arena(struct request *req);

/* Its sender is known: while the head is looked at. Bodies of others have a share of the
 * room only (server_options.bodies_max_bytes). */
void request_known(struct request *req);

/* One pointer of the handler's own. */
void request_set_user(struct request *req, void *user);
void *request_user(const struct request *req);

/* The server takes no new requests: what waits should be answered soon. */
bool request_server_leaves(const struct request *req);

/* Has it been answered? */
bool request_answered(const struct request *req);

#endif
