/* store_woken.h - what a row says of a run that is to get an entry in its queue */
#ifndef STORE_STORE_WOKEN_H
#define STORE_STORE_WOKEN_H

#include <stdbool.h>
#include <stdint.h>

/* Texts are the reply's. */
struct store_woken {
	/* queued: it needs an entry; running: its owner reads it; NULL: its statement
	 * returns queued ones alone. */
	const char *status;
	int64_t wake;
	int64_t attempt;
	const char *queue; /* NULL: a stock row */
	const char *lane;
	int64_t priority;
	const char *tenant_id;
	const char *orchestration_id;
	int64_t definition_version;
	int64_t running_max; /* of its tenant; 0: no limit */
	const char *owner;   /* NULL: nobody, or not asked for */
	bool chat;           /* a turn of a conversation */
};

#endif
