/* settings_save.h - settings from the page: judged, saved, put in force or taken back */
#ifndef API_SETTINGS_SAVE_H
#define API_SETTINGS_SAVE_H

#include "api/saved_file.h"

#include <stddef.h>
#include <stdint.h>

struct api_call;

#define SETTINGS_SAVE_MAX    256 /* changes of one request */
#define SETTINGS_SAVE_NEWEST (-1)

struct settings_changes {
	struct saved_change items[SETTINGS_SAVE_MAX];
	size_t count;
	int64_t version;                     /* of the fleet's that they are made upon, or
				      SETTINGS_SAVE_NEWEST */
	const char *idle[SETTINGS_SAVE_MAX]; /* names that nothing reads here */
	size_t idle_count;
};

/*
 * Save them and answer the request. changes are good values of options that may be saved,
 * in the request's arena. Options of the host are in force (or taken back) when this
 * answers, those of the fleet on each host within seconds.
 */
void settings_save(struct api_call *call, const struct settings_changes *changes);

#endif
