/* file_turns.h - messages that become turns, and turns that are stopped, in files */
#ifndef API_FILE_TURNS_H
#define API_FILE_TURNS_H

#include "api/file_chats.h"

/* As the port's chat_post and chat_cancel. */
void file_turns_post(const struct file_chats *chats, struct port_chat *chat);
void file_turns_cancel(const struct file_chats *chats, const char *session_id,
		       int64_t turn, const char *tenant_id, port_cancel_cb cb, void *arg);

#endif
