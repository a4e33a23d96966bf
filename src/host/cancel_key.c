/*
 * cancel_key.c - the stock key that says: this run is to stop
 *
 * Stock API servers set it, stock workers read it between two steps and delete it when a
 * run has ended. It is never the truth here.
 */
#include "host/cancel_key.h"

#include "base/log.h"
#include "base/str.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "run/chat_run.h"

#define KEY_LASTS_S "3600" /* CONTRACT 2.1 */

void cancel_key_name(struct str *out, const char *run_id)
{
	struct str session = STR_INIT;

	str_add_text(out, "synapse:cancel:");
	if (chat_run_session(&session, run_id))
		str_printf(out, "chat:%s", str_text(&session));
	else
		str_add_text(out, run_id);
	str_deinit(&session);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	(void)arg;
	if (answer->rc < 0 && answer->rc != ERR_CLOSED)
		log_warn("cancel.key_unwritten", LOG_S("error", answer->text));
}

static void send_command(struct redis_link *link, struct redis_command *command)
{
	struct err err;

	if (redis_link_send(link, command, on_answer, NULL, &err) < 0)
		log_warn("cancel.key_unwritten", LOG_S("error", err.text));
	redis_command_deinit(command);
}

void cancel_key_set(struct redis_link *link, const char *run_id)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;

	cancel_key_name(&key, run_id);
	redis_command_words(&command, "SET", str_text(&key), "1", "EX", KEY_LASTS_S,
			    NULL);
	send_command(link, &command);
	str_deinit(&key);
}

void cancel_key_delete(struct redis_link *link, const char *run_id)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;

	cancel_key_name(&key, run_id);
	redis_command_words(&command, "DEL", str_text(&key), NULL);
	send_command(link, &command);
	str_deinit(&key);
}
