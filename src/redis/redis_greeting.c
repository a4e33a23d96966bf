/*
 * redis_greeting.c - what a new connection says first, and whether that server will do
 *
 * One pipeline: AUTH, SELECT, CLIENT SETNAME, three INFOs, SCRIPT LOAD of every script,
 * PING. A replica, an old server and one that is loading are no servers to us: the link
 * drops them and comes back.
 */
#include "redis/redis_greeting.h"

#include "base/embed.h"
#include "base/mem.h"
#include "redis/redis_command.h"
#include "redis/redis_link_in.h"
#include "redis/redis_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_MIN 60000
#define ERROR_SHOWN 160 /* bytes of a server's error in our sentences */

static void refused(struct redis_link *link, const char *what,
		    const struct redis_answer *answer)
{
	int code = answer->trouble == REDIS_TROUBLE_LOADING ? ERR_CONN : ERR_REFUSED;

	redis_link_lose(link, code, "%s: %.*s", what, ERROR_SHOWN, answer->text);
}

static void on_login(void *arg, const struct redis_answer *answer)
{
	if (answer->rc == ERR_REFUSED)
		refused(arg, "login", answer);
}

static void on_script(void *arg, const struct redis_answer *answer)
{
	if (answer->rc == ERR_REFUSED)
		refused(arg, "load a script", answer);
}

/* A name that the server does not like is no reason to go without it. */
static void on_named(void *arg, const struct redis_answer *answer)
{
	(void)arg;
	(void)answer;
}

/* The value of "key:value\r\n" in the text of INFO into buf; "" when it is not there. */
static const char *info_value(const char *info, const char *key, char *buf, size_t size)
{
	size_t key_len = strlen(key);
	const char *line = info;
	size_t len;

	buf[0] = '\0';
	while (line && *line) {
		if (strncmp(line, key, key_len) == 0 && line[key_len] == ':') {
			line += key_len + 1;
			len = strcspn(line, "\r\n");
			if (len >= size)
				len = size - 1;
			memcpy(buf, line, len);
			buf[len] = '\0';
			return buf;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return buf;
}

static int version_number(const char *text)
{
	int part[3] = { 0, 0, 0 };

	(void)sscanf(text, "%3d.%3d.%3d", &part[0], &part[1], &part[2]);
	return part[0] * 10000 + part[1] * 100 + part[2];
}

static void on_server(void *arg, const struct redis_answer *answer)
{
	struct redis_link *link = arg;
	const char *info = redis_reply_text(answer->reply, NULL);
	char value[64];

	if (answer->rc == ERR_REFUSED) {
		refused(link, "INFO", answer);
		return;
	}
	if (!info)
		return;
	memset(&link->server, 0, sizeof(link->server));
	(void)info_value(info, "run_id", link->server.run_id,
			 sizeof(link->server.run_id));
	link->server.version =
		version_number(info_value(info, "redis_version", value, sizeof(value)));
	link->has_server = true;
	if (link->server.version >= VERSION_MIN && link->server.run_id[0])
		return;
	if (link->server.version >= VERSION_MIN)
		redis_link_lose(link, ERR_PROTO, "INFO names no run_id");
	else
		redis_link_lose(link, ERR_REFUSED,
				"this server is Redis %.40s, 6.0 or newer is needed",
				value[0] ? value : "of an unknown version");
}

static void on_role(void *arg, const struct redis_answer *answer)
{
	const char *info = redis_reply_text(answer->reply, NULL);
	char value[32];

	if (answer->rc == ERR_REFUSED) {
		refused(arg, "INFO", answer);
		return;
	}
	if (info && strcmp(info_value(info, "role", value, sizeof(value)), "master") != 0)
		redis_link_lose(arg, ERR_REFUSED, "this server is a replica, no master");
}

static void on_memory(void *arg, const struct redis_answer *answer)
{
	struct redis_link *link = arg;
	const char *info = redis_reply_text(answer->reply, NULL);
	char value[32];

	if (answer->rc < 0 || !info)
		return; /* then the policy is unknown: an empty text */
	(void)info_value(info, "maxmemory_policy", link->server.policy,
			 sizeof(link->server.policy));
	link->server.maxmemory_bytes =
		strtoll(info_value(info, "maxmemory", value, sizeof(value)), NULL, 10);
}

static void on_greeted(void *arg, const struct redis_answer *answer)
{
	struct redis_link *link = arg;

	if (answer->rc == ERR_REFUSED) {
		refused(link, "PING", answer);
		return;
	}
	if (answer->rc < 0)
		return;
	redis_link_greeted(link);
}

static void say(struct redis_link *link, const struct redis_command *command,
		redis_answer_cb cb)
{
	struct redis_pending_entry entry = { .cb = cb,
					     .arg = link,
					     .begins_at = link->queued,
					     .deadline_mono_ms = INT64_MAX };

	redis_link_enqueue(link, command, &entry);
}

void redis_greeting_send(struct redis_link *link)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	const struct embed *text;
	char number[16];

	if (link->url.password) {
		if (link->url.user)
			redis_command_words(&command, "AUTH", link->url.user,
					    link->url.password, NULL);
		else
			redis_command_words(&command, "AUTH", link->url.password, NULL);
		say(link, &command, on_login);
		mem_wipe(command.bytes.data, command.bytes.len);
	}
	if (link->url.db) {
		(void)snprintf(number, sizeof(number), "%d", link->url.db);
		redis_command_words(&command, "SELECT", number, NULL);
		say(link, &command, on_login);
	}
	if (link->name) {
		redis_command_words(&command, "CLIENT", "SETNAME", link->name, NULL);
		say(link, &command, on_named);
	}
	redis_command_words(&command, "INFO", "server", NULL);
	say(link, &command, on_server);
	redis_command_words(&command, "INFO", "replication", NULL);
	say(link, &command, on_role);
	redis_command_words(&command, "INFO", "memory", NULL);
	say(link, &command, on_memory);
	for (size_t i = 0; i < link->nsets; i++) {
		for (size_t j = 0; j < redis_scripts_count(link->sets[i]); j++) {
			text = redis_scripts_text(link->sets[i], j);
			redis_command_words(&command, "SCRIPT", "LOAD", NULL);
			redis_command_arg(&command, text->text, text->len);
			say(link, &command, on_script);
		}
	}
	redis_command_words(&command, "PING", NULL);
	say(link, &command, on_greeted);
	redis_command_deinit(&command);
}
