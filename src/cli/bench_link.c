/*
 * bench_link.c - a link to Redis, waited for
 *
 * The link is the one that children use (redis/redis_link.h), so what is measured over it
 * is what they pay. A benchmark has nothing else to do: it turns the loop until the
 * answer came, which the link's command timeout bounds.
 */
#include "cli/bench_link.h"

#include "base/loop.h"
#include "base/str.h"
#include "queue/queue.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_reply.h"

struct call {
	bool done;
	int rc;
	struct err *err;
	bool (*read)(const struct redis_reply *reply, void *arg); /* false: strange */
	void *arg;
};

static void on_event(void *arg, struct redis_link *redis, enum redis_event event,
		     const struct err *why)
{
	struct bench_link *link = arg;

	(void)redis;
	switch (event) {
	case REDIS_EVENT_UP:
		break;
	case REDIS_EVENT_DOWN:
	case REDIS_EVENT_RETRY:
		link->lost = *why;
		break;
	}
}

int bench_link_open(struct bench_link *link, const char *url, struct err *err)
{
	struct redis_link_conf conf = {
		.url = url,
		.name = "synapsed-bench",
		.command_timeout_ms = 20000,
		.on_event = on_event,
		.arg = link,
	};
	int rc;

	link->loop = ev_loop_new(EVFLAG_AUTO);
	if (!link->loop)
		return err_set(err, ERR_SYS, "no event loop");
	rc = redis_link_new(link->loop, &conf, &link->link, err);
	if (rc < 0)
		return rc;
	link->scripts = queue_scripts_new();
	redis_link_scripts(link->link, link->scripts);
	while (!redis_link_is_up(link->link) && !link->lost.code)
		(void)ev_run(link->loop, EVRUN_ONCE);
	if (!link->lost.code)
		return 0;
	return err_set(err, link->lost.code, "Redis: %s", link->lost.text);
}

void bench_link_close(struct bench_link *link)
{
	redis_link_free(link->link);
	queue_scripts_free(link->scripts);
	if (link->loop)
		ev_loop_destroy(link->loop);
	*link = (struct bench_link){ .loop = NULL };
}

void bench_link_wait(struct bench_link *link, const bool *done)
{
	while (!*done)
		(void)ev_run(link->loop, EVRUN_ONCE);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct call *call = arg;

	call->done = true;
	if (answer->rc < 0)
		call->rc = err_set(call->err, answer->rc, "Redis: %s", answer->text);
	else if (!call->read(answer->reply, call->arg))
		call->rc = err_set(call->err, ERR_PROTO,
				   "Redis answered what is not understood");
}

static int send_and_wait(struct bench_link *link, struct redis_command *command,
			 struct call *call)
{
	int rc = redis_link_send(link->link, command, on_answer, call, call->err);

	redis_command_deinit(command);
	if (rc < 0)
		return rc;
	bench_link_wait(link, &call->done);
	return call->rc;
}

static bool read_text(const struct redis_reply *reply, void *arg)
{
	size_t len;
	const char *text = redis_reply_text(reply, &len);

	if (text)
		str_add(arg, text, len);
	return text != NULL;
}

int bench_link_info(struct bench_link *link, const char *section, struct str *out,
		    struct err *err)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct call call = { .err = err, .read = read_text, .arg = out };

	redis_command_words(&command, "INFO", section, NULL);
	return send_and_wait(link, &command, &call);
}

/* {name, value}. */
static bool read_setting(const struct redis_reply *reply, void *arg)
{
	return read_text(redis_reply_at(reply, 1), arg);
}

int bench_link_setting(struct bench_link *link, const char *name, struct str *out,
		       struct err *err)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct call call = { .err = err, .read = read_setting, .arg = out };

	redis_command_words(&command, "CONFIG", "GET", name, NULL);
	return send_and_wait(link, &command, &call);
}

static bool read_anything(const struct redis_reply *reply, void *arg)
{
	(void)reply; /* an error says that one is under way */
	(void)arg;
	return true;
}

int bench_link_rewrite(struct bench_link *link, struct err *err)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct call call = { .err = err, .read = read_anything };

	redis_command_words(&command, "BGREWRITEAOF", NULL);
	return send_and_wait(link, &command, &call);
}

static bool read_int(const struct redis_reply *reply, void *arg)
{
	return redis_reply_get_int(reply, arg);
}

int bench_link_stream_len(struct bench_link *link, const char *key, int64_t *ret,
			  struct err *err)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct call call = { .err = err, .read = read_int, .arg = ret };

	redis_command_words(&command, "XLEN", key, NULL);
	return send_and_wait(link, &command, &call);
}
