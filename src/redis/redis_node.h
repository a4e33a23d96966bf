/* redis_node.h - inside of a reply: for redis_reader.c, which makes them, and
 * redis_reply.c, which reads them */
#ifndef REDIS_REDIS_NODE_H
#define REDIS_REDIS_NODE_H

#include "redis/redis_reply.h"

#include <stddef.h>
#include <stdint.h>

struct redis_reply {
	enum redis_type type;
	size_t len; /* bytes of a text, elements of an array */
	union {
		int64_t number;
		const char *text;              /* NUL-terminated */
		struct redis_reply **elements; /* NULL where a reply is not whole yet */
	};
};

#endif
