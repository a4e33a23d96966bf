/*
 * pairs.c - members of answers that come out of columns
 */
#include "api/pairs.h"

#include "base/jsonw.h"
#include "store/store_time.h"

#include <string.h>

void pairs_moment(struct jsonw *w, const char *key, const char *moment)
{
	char buf[STORE_TIME_MAX];

	jsonw_pair_text(w, key, store_time_text(moment, buf));
}

void pairs_stamp(struct jsonw *w, const char *key, const char *moment)
{
	char stamp[] = "2026-06-01T12:34:56Z";

	if (moment && strlen(moment) >= sizeof(stamp) - 2) {
		memcpy(stamp, moment, sizeof(stamp) - 2);
		stamp[10] = 'T';
		moment = stamp;
	}
	jsonw_pair_text(w, key, moment);
}

void pairs_json(struct jsonw *w, const char *key, const char *json)
{
	if (json)
		jsonw_pair_raw(w, key, json, strlen(json));
	else
		jsonw_pair_text(w, key, NULL);
}
