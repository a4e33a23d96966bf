/*
 * zone.c - local time of a time zone by name
 *
 * libc knows zones, but one at a time: TZ is switched, and stays until the next call, so
 * that many questions about one zone read its file once. Nothing else in these processes
 * asks for local time (logs and answers are in UTC).
 */
#include "base/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME_BYTES 64
#define FOLDER     "/usr/share/zoneinfo/"

static char current[NAME_BYTES + 1]; /* of this process */

static bool name_ok(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (i == NAME_BYTES ||
		    (!isalnum((unsigned char)name[i]) && !strchr("/_+-", name[i])))
			return false;
	return i > 0 && isalpha((unsigned char)name[0]);
}

bool zone_ok(const char *name)
{
	char path[sizeof(FOLDER) + NAME_BYTES];
	char head[4] = "";
	FILE *file;
	bool ok;

	if (strcmp(name, "UTC") == 0)
		return true;
	if (!name_ok(name))
		return false;
	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fread(head, 1, sizeof(head), file) == sizeof(head) &&
	     memcmp(head, "TZif", sizeof(head)) == 0;
	(void)fclose(file);
	return ok;
}

int64_t zone_offset_sec(const char *name, int64_t at_sec)
{
	time_t at = (time_t)at_sec;
	char tz[NAME_BYTES + 2];
	struct tm tm;

	if (strcmp(current, name) != 0) {
		(void)snprintf(current, sizeof(current), "%s", name);
		(void)snprintf(tz, sizeof(tz), ":%s", name);
		(void)setenv("TZ", strcmp(name, "UTC") == 0 ? "UTC0" : tz, 1);
		tzset();
	}
	if (!localtime_r(&at, &tm))
		return 0;
	return tm.tm_gmtoff;
}
