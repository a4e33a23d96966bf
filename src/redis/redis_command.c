/*
 * redis_command.c - one command, built argument by argument straight into RESP bytes
 *
 * "$<len>\r\n<bytes>\r\n" per argument. The head with their number is added when the
 * command is sent, because a builder does not know it before. Lengths are written by
 * hand: a batch of jobs is a thousand arguments.
 */
#include "redis/redis_command.h"

#include "base/digits.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

void redis_command_deinit(struct redis_command *command)
{
	str_deinit(&command->bytes);
	command->count = 0;
}

void redis_command_reset(struct redis_command *command)
{
	str_reset(&command->bytes, 1 << 18);
	command->count = 0;
}

void redis_command_cut(struct redis_command *command, const struct redis_command_mark *to)
{
	assert(to->len <= command->bytes.len && to->count <= command->count);
	command->bytes.len = to->len;
	command->count = to->count;
}

/* "<sign><number>\r\n" in front of `end`; returns where it begins. */
static char *head_before(char sign, size_t number, char *end)
{
	char *at;

	end[-1] = '\n';
	end[-2] = '\r';
	at = digits_put_before(number, end - 2);
	*--at = sign;
	return at;
}

const char *redis_command_head(const struct redis_command *command,
			       char buf[REDIS_COMMAND_HEAD_MAX], size_t *len)
{
	char *end = buf + REDIS_COMMAND_HEAD_MAX;
	const char *at = head_before('*', command->count, end);

	*len = (size_t)(end - at);
	return at;
}

void redis_command_joined(struct redis_command *command, const void *head,
			  size_t head_len, const void *tail, size_t tail_len)
{
	char text[REDIS_COMMAND_HEAD_MAX];
	const char *count =
		head_before('$', head_len + tail_len, text + REDIS_COMMAND_HEAD_MAX);
	size_t count_len = (size_t)(text + REDIS_COMMAND_HEAD_MAX - count);
	char *p = str_reserve(&command->bytes, count_len + head_len + tail_len + 2);

	memcpy(p, count, count_len);
	p += count_len;
	if (head_len)
		memcpy(p, head, head_len);
	p += head_len;
	if (tail_len)
		memcpy(p, tail, tail_len);
	p += tail_len;
	p[0] = '\r';
	p[1] = '\n';
	str_grew(&command->bytes, count_len + head_len + tail_len + 2);
	command->count++;
}

void redis_command_arg(struct redis_command *command, const void *bytes, size_t len)
{
	redis_command_joined(command, bytes, len, NULL, 0);
}

void redis_command_text(struct redis_command *command, const char *text)
{
	redis_command_arg(command, text, strlen(text));
}

void redis_command_int(struct redis_command *command, int64_t n)
{
	char text[1 + DIGITS_MAX];
	char *p = digits_put_before(n < 0 ? 0 - (uint64_t)n : (uint64_t)n,
				    text + sizeof(text));

	if (n < 0)
		*--p = '-';
	redis_command_arg(command, p, (size_t)(text + sizeof(text) - p));
}

void redis_command_words(struct redis_command *command, ...)
{
	const char *word;
	va_list words;

	redis_command_reset(command);
	va_start(words, command);
	while ((word = va_arg(words, const char *)))
		redis_command_text(command, word);
	va_end(words);
}
