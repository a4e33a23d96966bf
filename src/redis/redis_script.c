/*
 * redis_script.c - Lua scripts called by digest
 *
 * The digest is SHA-1, which is how Redis names scripts. The link loads all scripts of
 * its sets at every connect, so NOSCRIPT is rare (SCRIPT FLUSH by an operator). Then the
 * text and the same call go out once more, back to back: the server keeps their order.
 * For that a copy of the arguments is kept while the call is under way.
 */
#include "redis/redis_script.h"

#include "base/digest.h"
#include "base/embed.h"
#include "base/mem.h"
#include "redis/redis_command.h"

#include <string.h>

struct redis_scripts {
	const struct embed *texts;
	size_t count;
	char (*digests)[DIGEST_SHA1_SIZE];
};

struct call {
	struct redis_link *link;
	const struct redis_scripts *scripts;
	size_t i;
	bool again; /* the script has been loaded for it once */
	redis_answer_cb cb;
	void *arg;
	unsigned count;
	size_t len;
	char bytes[]; /* as in struct redis_command */
};

struct redis_scripts *redis_scripts_new(const struct embed *texts, size_t count)
{
	struct redis_scripts *scripts = mem_new(struct redis_scripts);

	scripts->texts = texts;
	scripts->count = count;
	scripts->digests = mem_alloc(sizeof(*scripts->digests) * count);
	for (size_t i = 0; i < count; i++)
		(void)digest_sha1(texts[i].text, texts[i].len, scripts->digests[i]);
	return scripts;
}

void redis_scripts_free(struct redis_scripts *scripts)
{
	if (!scripts)
		return;
	mem_free(scripts->digests);
	mem_free(scripts);
}

size_t redis_scripts_count(const struct redis_scripts *scripts)
{
	return scripts->count;
}

const struct embed *redis_scripts_text(const struct redis_scripts *scripts, size_t i)
{
	return &scripts->texts[i];
}

void redis_script_begin(const struct redis_scripts *scripts, size_t i, unsigned nkeys,
			struct redis_command *command)
{
	redis_command_reset(command);
	redis_command_text(command, "EVALSHA");
	redis_command_arg(command, scripts->digests[i], DIGEST_SHA1_SIZE - 1);
	redis_command_int(command, nkeys);
}

static void on_answer(void *arg, const struct redis_answer *answer);

/* Text and call once more; false: the link does not take them. */
static bool load_and_call(struct call *call)
{
	const struct embed *text = &call->scripts->texts[call->i];
	struct redis_command command = REDIS_COMMAND_INIT;
	bool ok;

	redis_command_text(&command, "SCRIPT");
	redis_command_text(&command, "LOAD");
	redis_command_arg(&command, text->text, text->len);
	ok = redis_link_send(call->link, &command, NULL, NULL, NULL) == 0;
	if (ok) {
		redis_command_reset(&command);
		str_add(&command.bytes, call->bytes, call->len);
		command.count = call->count;
		ok = redis_link_send(call->link, &command, on_answer, call, NULL) == 0;
	}
	redis_command_deinit(&command);
	return ok;
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct call *call = arg;

	if (answer->trouble == REDIS_TROUBLE_NOSCRIPT && !call->again) {
		call->again = true;
		if (load_and_call(call))
			return;
	}
	if (call->cb)
		call->cb(call->arg, answer);
	mem_free(call);
}

int redis_script_send(struct redis_link *link, const struct redis_scripts *scripts,
		      size_t i, const struct redis_command *command, redis_answer_cb cb,
		      void *arg, struct err *err)
{
	struct call *call;
	int rc;

	if (!redis_link_is_up(link)) /* before the arguments are copied */
		return err_set(err, ERR_CONN, "Redis is not connected");
	call = mem_resize(NULL, sizeof(*call) + command->bytes.len);
	*call = (struct call){ .link = link,
			       .scripts = scripts,
			       .i = i,
			       .cb = cb,
			       .arg = arg,
			       .count = command->count,
			       .len = command->bytes.len };
	memcpy(call->bytes, command->bytes.data, command->bytes.len);
	rc = redis_link_send(link, command, on_answer, call, err);
	if (rc < 0)
		mem_free(call);
	return rc;
}
