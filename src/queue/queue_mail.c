/*
 * queue_mail.c - hints for one worker process
 *
 * The box is a list that lasts an hour and holds BOX_MAX texts: a process that does not
 * read is not there any more, and then nobody needs its mail.
 */
#include "queue/queue_mail.h"

#include "base/mem.h"
#include "base/str.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#include <string.h>

#define BOX_MS  (60 * 60 * 1000)
#define BOX_MAX 10000

static const char *const heads[] = {
	[QUEUE_MAIL_CANCEL] = "1 cancel ",
	[QUEUE_MAIL_ANSWER] = "1 answer ",
	[QUEUE_MAIL_QUIET] = "1 quiet ",
	[QUEUE_MAIL_STOP] = "1 stop ",
};

struct sending {
	queue_mail_cb cb; /* NULL: nobody cares */
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct sending *sending = arg;
	int64_t delivered = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &delivered))
		rc = queue_call_strange(&err, "mail");
	if (sending->cb)
		sending->cb(sending->arg, rc, delivered == 1, &err);
	mem_free(sending);
}

static void write_text(struct str *out, const struct queue_mail *mail)
{
	str_add_text(out, heads[mail->kind]);
	str_add_text(out, mail->run_id);
}

int queue_mail_send(struct queue *q, const char *incarnation,
		    const struct queue_mail *mail, queue_mail_cb cb, void *arg,
		    struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_MAIL);
	struct sending *sending = mem_new(struct sending);
	struct str text = STR_INIT;
	int rc;

	write_text(&text, mail);
	redis_command_text(command, incarnation);
	redis_command_text(command, str_text(&text));
	redis_command_int(command, BOX_MS);
	redis_command_int(command, BOX_MAX);
	str_deinit(&text);
	sending->cb = cb;
	sending->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_MAIL, on_answer, sending, err);
	if (rc < 0)
		mem_free(sending);
	return rc;
}

/* An id is 1 to 255 bytes, none of them a control character. */
static bool is_id(const char *text, size_t len)
{
	size_t i;

	if (len < 1 || len >= IDS_MAX)
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '\x7f')
			return false;
	return true;
}

bool queue_mail_read(struct queue_text text, struct queue_mail *ret)
{
	size_t i, head;

	for (i = 0; text.data && i < sizeof(heads) / sizeof(heads[0]); i++) {
		head = strlen(heads[i]);
		if (text.len < head || memcmp(text.data, heads[i], head) != 0)
			continue;
		if (!is_id(text.data + head, text.len - head))
			return false;
		ret->kind = (enum queue_mail_kind)i;
		memcpy(ret->run_id, text.data + head, text.len - head);
		ret->run_id[text.len - head] = '\0';
		return true;
	}
	return false;
}
