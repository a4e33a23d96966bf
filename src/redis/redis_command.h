/* redis_command.h - one command, built argument by argument straight into RESP bytes */
#ifndef REDIS_REDIS_COMMAND_H
#define REDIS_REDIS_COMMAND_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Embed it zeroed (REDIS_COMMAND_INIT), reset and fill it again: the memory is kept.
 * Sending copies it, so the caller may reuse it at once. Arguments hold any bytes.
 */
struct redis_command {
	struct str
		bytes;  /* the arguments, encoded; the "*<count>" head is added by send */
	unsigned count; /* arguments so far, the command's name included */
};

#define REDIS_COMMAND_INIT                                                               \
	{                                                                                \
		STR_INIT, 0                                                              \
	}

/* A moment of a command that is built. */
struct redis_command_mark {
	size_t len;
	unsigned count;
};

void redis_command_deinit(struct redis_command *command);
void redis_command_reset(struct redis_command *command);
void redis_command_arg(struct redis_command *command, const void *bytes, size_t len);
void redis_command_text(struct redis_command *command, const char *text);
void redis_command_int(struct redis_command *command, int64_t n);
static inline struct redis_command_mark redis_command_mark(
	const struct redis_command *command)
{
	return (struct redis_command_mark){ command->bytes.len, command->count };
}
/* Forget the arguments behind the mark: many commands that begin alike. */
void redis_command_cut(struct redis_command *command,
		       const struct redis_command_mark *to);
/*
 * Reset, then each text up to a NULL: redis_command_words(&c, "SET", key, value, NULL).
 */
void redis_command_words(struct redis_command *command, ...) __attribute__((sentinel));
/* An argument in two pieces: `head` and `tail` one behind the other. */
void redis_command_joined(struct redis_command *command, const void *head,
			  size_t head_len, const void *tail, size_t tail_len);

#define REDIS_COMMAND_HEAD_MAX 24
/* What is sent in front of the bytes, "*<count>\r\n": in buf, where it begins and how
 * long it is. */
const char *redis_command_head(const struct redis_command *command,
			       char buf[REDIS_COMMAND_HEAD_MAX], size_t *len);

#endif
