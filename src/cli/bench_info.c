/*
 * bench_info.c - numbers out of what Redis' INFO says
 *
 * Lines of name:value with CR LF. Of a command its line has
 * "cmdstat_<name>:calls=..,usec=..,...": usec is the time within the command, without the
 * reading and writing around it, and a script's commands count within the script and
 * under their own names as well.
 */
#include "cli/bench_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind "<name>:" at the beginning of a line; NULL: there is none. */
static const char *value_of(const char *text, const char *name)
{
	size_t len = strlen(name);
	const char *at = text;

	while (at) {
		if (strncmp(at, name, len) == 0 && at[len] == ':')
			return at + len + 1;
		at = strchr(at, '\n');
		if (at)
			at++;
	}
	return NULL;
}

int64_t bench_info_cpu_us(const char *cpu)
{
	const char *user = value_of(cpu, "used_cpu_user");
	const char *sys = value_of(cpu, "used_cpu_sys");

	if (!user || !sys)
		return -1;
	return (int64_t)((strtod(user, NULL) + strtod(sys, NULL)) * 1e6);
}

int64_t bench_info_command_us(const char *commandstats, const char *command)
{
	const char *at, *usec, *end;
	char name[64];

	(void)snprintf(name, sizeof(name), "cmdstat_%s", command);
	at = value_of(commandstats, name);
	if (!at)
		return 0;
	usec = strstr(at, ",usec=");
	end = strchr(at, '\n');
	if (!usec || (end && usec > end))
		return 0;
	return strtoll(usec + strlen(",usec="), NULL, 10);
}
