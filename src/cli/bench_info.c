/*
 * bench_info.c - numbers out of what Redis' INFO says
 *
 * Lines of name:value with CR LF. Of a command its line has
 * "cmdstat_<name>:calls=..,usec=..,...": usec is the time within the command, without the
 * reading and writing around it, by the wall clock: what others took of the core counts
 * as well. A script's commands count within the script and under their own names, too.
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

int64_t bench_info_number(const char *text, const char *name)
{
	const char *value = value_of(text, name);

	return value ? strtoll(value, NULL, 10) : -1;
}

int64_t bench_info_cpu_us(const char *cpu)
{
	const char *user = value_of(cpu, "used_cpu_user");
	const char *sys = value_of(cpu, "used_cpu_sys");

	if (!user || !sys)
		return -1;
	return (int64_t)((strtod(user, NULL) + strtod(sys, NULL)) * 1e6);
}

/* A member of the command's line; 0: there is none. */
static int64_t member_of(const char *commandstats, const char *command,
			 const char *member)
{
	const char *at, *found, *end;
	char name[64];

	(void)snprintf(name, sizeof(name), "cmdstat_%s", command);
	at = value_of(commandstats, name);
	if (!at)
		return 0;
	found = strstr(at, member);
	end = strchr(at, '\n');
	if (!found || (end && found > end))
		return 0;
	return strtoll(found + strlen(member), NULL, 10);
}

int64_t bench_info_command_us(const char *commandstats, const char *command)
{
	return member_of(commandstats, command, ",usec=");
}

int64_t bench_info_command_calls(const char *commandstats, const char *command)
{
	return member_of(commandstats, command, "calls=");
}
