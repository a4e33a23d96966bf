/* file_chats.h - conversations of a host without Postgres */
#ifndef API_FILE_CHATS_H
#define API_FILE_CHATS_H

#include "api/file_reads.h"

struct file_catalog;
struct file_walks;

/* All borrowed for the calls. */
struct file_chats {
	const struct file_reads *reads; /* with an index */
	struct host_file *host;
	struct file_catalog *catalog;
	struct file_walks *walks;
	int64_t turns_max; /* that wait behind the live one */
};

/* As the port's acts of these names; file_turns.h has the others. */
void file_chats_session(const struct file_chats *chats, const char *session_id, int turns,
			port_chat_session_cb cb, void *arg);
void file_chats_turn(const struct file_chats *chats, const char *session_id, int64_t turn,
		     port_chat_turn_cb cb, void *arg);
void file_chats_events(const struct file_chats *chats, const char *session_id,
		       int64_t turn, const char *start, const char *end, int limit,
		       port_events_cb cb, void *arg);

#endif
