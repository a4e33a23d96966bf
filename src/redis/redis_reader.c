/*
 * redis_reader.c - bytes of a server to replies
 *
 * hiredis' parser with our own makers of nodes: a reply is laid into memory that is given
 * back as a whole by the next call, instead of one allocation per node. The first 16 KiB
 * stay with the reader, so that the small answers of a busy link allocate nothing.
 *
 * Bounds: hiredis knows the nesting (7); the length of a string is bounded by what it
 * lets pile up while it waits for its end, the elements of an array when their number is
 * announced, and a reply as a whole by what its nodes take. Where a maker returns NULL
 * hiredis gives up with "out of memory", which is then one of our bounds.
 */
#include "redis/redis_reader.h"

#include "base/mem.h"
#include "redis/redis_node.h"

#include <hiredis/hiredis.h>
#include <string.h>

#define SMALL_BYTES (16u << 10)
#define CHUNK_BYTES (256u << 10)
#define KEEP_BUFFER (1u << 20) /* of the parser, while nothing is in it */

struct chunk {
	struct chunk *older;
	_Alignas(16) char bytes[];
};

struct redis_reader {
	redisReader *parser;
	struct chunk *chunks; /* newest first */
	char *next;
	size_t left;
	size_t taken; /* bytes of the reply in the making */
	_Alignas(16) char small[SMALL_BYTES];
};

static void forget(struct redis_reader *reader)
{
	struct chunk *older;

	for (struct chunk *chunk = reader->chunks; chunk; chunk = older) {
		older = chunk->older;
		mem_free(chunk);
	}
	reader->chunks = NULL;
	reader->next = reader->small;
	reader->left = SMALL_BYTES;
	reader->taken = 0;
}

static void *take(struct redis_reader *reader, size_t size)
{
	size_t room;
	struct chunk *chunk;
	char *ptr;

	size = (size + 15) & ~(size_t)15;
	reader->taken += size;
	if (reader->taken > REDIS_READER_TOTAL_MAX)
		return NULL;
	if (size > reader->left) {
		room = size > CHUNK_BYTES / 4 ? size : CHUNK_BYTES;
		chunk = mem_try_alloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->older = reader->chunks;
		reader->chunks = chunk;
		if (room == size) /* a large one of its own: the rest stays in use */
			return chunk->bytes;
		reader->next = chunk->bytes;
		reader->left = room;
	}
	ptr = reader->next;
	reader->next += size;
	reader->left -= size;
	return ptr;
}

static struct redis_reply *node(const redisReadTask *task, enum redis_type type)
{
	struct redis_reply *reply = take(task->privdata, sizeof(*reply));
	struct redis_reply *parent;

	if (!reply)
		return NULL;
	reply->type = type;
	reply->len = 0;
	reply->number = 0;
	if (task->parent) {
		parent = task->parent->obj;
		parent->elements[task->idx] = reply;
	}
	return reply;
}

static void *make_text(const redisReadTask *task, char *bytes, size_t len)
{
	enum redis_type type = REDIS_TEXT;
	struct redis_reply *reply;
	char *text;

	if (task->type == REDIS_REPLY_ERROR)
		type = REDIS_ERROR;
	else if (task->type == REDIS_REPLY_STATUS)
		type = REDIS_STATUS;
	text = take(task->privdata, len + 1);
	reply = text ? node(task, type) : NULL;
	if (!reply)
		return NULL;
	memcpy(text, bytes, len);
	text[len] = '\0';
	reply->text = text;
	reply->len = len;
	return reply;
}

/* The type of an array's length changed in hiredis 1.0. */
#if HIREDIS_MAJOR >= 1
typedef size_t array_len;
#else
typedef int array_len;
#endif

static void *make_array(const redisReadTask *task, array_len len)
{
	size_t count = (size_t)len;
	struct redis_reply **elements;
	struct redis_reply *reply;

	if (count > REDIS_READER_COUNT_MAX)
		return NULL;
	elements = take(task->privdata, sizeof(struct redis_reply *) * (count + 1));
	reply = elements ? node(task, REDIS_ARRAY) : NULL;
	if (!reply)
		return NULL;
	memset(elements, 0, sizeof(struct redis_reply *) * count);
	reply->elements = elements;
	reply->len = count;
	return reply;
}

static void *make_integer(const redisReadTask *task, long long value)
{
	struct redis_reply *reply = node(task, REDIS_INT);

	if (reply)
		reply->number = value;
	return reply;
}

static void *make_nil(const redisReadTask *task)
{
	return node(task, REDIS_NIL);
}

static void free_nothing(void *reply)
{
	(void)reply; /* forget() frees all nodes at once */
}

static redisReplyObjectFunctions makers = {
	.createString = make_text,
	.createArray = make_array,
	.createInteger = make_integer,
	.createNil = make_nil,
	.freeObject = free_nothing,
};

struct redis_reader *redis_reader_new(void)
{
	struct redis_reader *reader = mem_new(struct redis_reader);

	reader->parser = redisReaderCreateWithFunctions(&makers);
	if (!reader->parser)
		abort(); /* as mem_alloc: the size is ours */
	reader->parser->privdata = reader;
	reader->parser->maxbuf = KEEP_BUFFER;
	forget(reader);
	return reader;
}

void redis_reader_free(struct redis_reader *reader)
{
	if (!reader)
		return;
	redisReaderFree(reader->parser);
	forget(reader);
	mem_free(reader);
}

static int parser_error(const struct redis_reader *reader, struct err *err)
{
	if (reader->parser->err == REDIS_ERR_OOM)
		return err_set(err, ERR_PROTO, "the answer is larger than we accept");
	return err_set(err, ERR_PROTO, "not the protocol of Redis: %s",
		       reader->parser->errstr);
}

int redis_reader_feed(struct redis_reader *reader, const void *bytes, size_t len,
		      struct err *err)
{
	if (redisReaderFeed(reader->parser, bytes, len) != REDIS_OK)
		return parser_error(reader, err);
	return 0;
}

int redis_reader_next(struct redis_reader *reader, const struct redis_reply **ret,
		      struct err *err)
{
	void *reply = NULL;

	/* nodes of a reply that is not whole yet must stay */
	if (reader->parser->ridx == -1)
		forget(reader);
	if (redisReaderGetReply(reader->parser, &reply) != REDIS_OK)
		return parser_error(reader, err);
	if (!reply) {
		if (reader->parser->len - reader->parser->pos >
		    (size_t)REDIS_READER_BULK_MAX + (64u << 10))
			return err_set(err, ERR_PROTO, "a string of more than 512 MiB");
		return 0;
	}
	*ret = reply;
	return 1;
}
