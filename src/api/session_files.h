/* session_files.h - sessions of the page that a host keeps in files, by its own keys */
#ifndef API_SESSION_FILES_H
#define API_SESSION_FILES_H

#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct session_files;

struct session_file {
	char key_hash[DIGEST_HEX_SIZE]; /* of the key that opened it; "": none did */
	int64_t created_at_ms;
	int64_t expires_at_ms;
};

/* Below data_dir; nothing is made yet. */
struct session_files *session_files_new(const char *data_dir);
void session_files_free(struct session_files *sessions);

/* false: there is none with this token (its SHA-256 as 64 hex digits), or it is over. */
bool session_files_get(const struct session_files *sessions, const char *token_hash,
		       int64_t now_at_ms, struct session_file *ret);
/*
 * Write one, new or in place of what was there, and drop those that are over; beyond
 * SESSION_FILES_MAX the one that ends first goes. ERR_SYS.
 */
#define SESSION_FILES_MAX 256
int session_files_put(const struct session_files *sessions, const char *token_hash,
		      const struct session_file *session, int64_t now_at_ms,
		      struct err *err);
/* One that is not there is over already. */
void session_files_end(const struct session_files *sessions, const char *token_hash);

#endif
