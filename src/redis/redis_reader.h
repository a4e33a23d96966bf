/* redis_reader.h - bytes of a server to replies (owns hiredis' parser) */
#ifndef REDIS_REDIS_READER_H
#define REDIS_REDIS_READER_H

#include "base/err.h"
#include "redis/redis_reply.h"

#include <stddef.h>

#define REDIS_READER_BULK_MAX  (512u << 20) /* bytes of one string, Redis' own bound */
#define REDIS_READER_COUNT_MAX (1u << 20)   /* elements of one array */
#define REDIS_READER_TOTAL_MAX (768u << 20) /* memory of one whole reply */

struct redis_reader;

struct redis_reader *redis_reader_new(void);
void redis_reader_free(struct redis_reader *reader);
/*
 * Bytes as they came. Never more than some ten KiB at once: the parser moves its buffer.
 */
int redis_reader_feed(struct redis_reader *reader, const void *bytes, size_t len,
		      struct err *err);
/*
 * The next whole reply: 1 and *ret (borrowed until the next call on this reader), 0 when
 * more bytes are needed, ERR_PROTO for what is no RESP2, nests deeper than 7 or breaks a
 * bound above. After an error only free is allowed.
 */
int redis_reader_next(struct redis_reader *reader, const struct redis_reply **ret,
		      struct err *err);

#endif
