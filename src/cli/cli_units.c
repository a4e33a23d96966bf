/*
 * cli_units.c - spans of time and large numbers in few characters, for screens
 *
 * A column has a width, and a person reads two digits of a large number: what is exact is
 * in the JSON output.
 */
#include "cli/cli_units.h"

#include <stddef.h>
#include <stdio.h>

/* n / unit with at most three digits: "1.2M", "12.3M", "123M". */
static char *scaled(int64_t n, int64_t unit, char letter, char *buf)
{
	int64_t whole = n / unit, tenth = n % unit / (unit / 10);

	if (tenth > 9)
		tenth = 9; /* a unit that ten does not divide */
	if (whole >= 100)
		(void)snprintf(buf, CLI_UNITS_MAX, "%lld%c", (long long)whole, letter);
	else
		(void)snprintf(buf, CLI_UNITS_MAX, "%lld.%lld%c", (long long)whole,
			       (long long)tenth, letter);
	return buf;
}

static char *plain(int64_t n, const char *unit, char *buf)
{
	if (n < 0)
		(void)snprintf(buf, CLI_UNITS_MAX, "-");
	else
		(void)snprintf(buf, CLI_UNITS_MAX, "%lld%s", (long long)n, unit);
	return buf;
}

char *cli_units_span(int64_t ms, char *buf)
{
	static const struct {
		int64_t ms;
		char large, small;
		int64_t small_ms;
	} units[] = {
		{ 86400000, 'd', 'h', 3600000 },
		{ 3600000, 'h', 'm', 60000 },
		{ 60000, 'm', 's', 1000 },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (ms < units[i].ms)
			continue;
		(void)snprintf(buf, CLI_UNITS_MAX, "%lld%c%lld%c",
			       (long long)(ms / units[i].ms), units[i].large,
			       (long long)(ms % units[i].ms / units[i].small_ms),
			       units[i].small);
		return buf;
	}
	return plain(ms < 0 ? ms : ms / 1000, "s", buf);
}

char *cli_units_lag(int64_t ms, char *buf)
{
	if (ms < 1000)
		return plain(ms, "ms", buf);
	if (ms < 10000)
		return scaled(ms, 1000, 's', buf);
	if (ms < 100000)
		return plain(ms / 1000, "s", buf);
	if (ms < 6000000)
		return plain(ms / 60000, "m", buf);
	if (ms < 360000000)
		return plain(ms / 3600000, "h", buf);
	return plain(ms / 86400000, "d", buf);
}

char *cli_units_count(int64_t n, char *buf)
{
	if (n < 100000)
		return plain(n, "", buf);
	if (n < 1000000)
		return plain(n / 1000, "k", buf);
	if (n < 1000000000)
		return scaled(n, 1000000, 'M', buf);
	return scaled(n, 1000000000, 'G', buf);
}

char *cli_units_bytes(int64_t bytes, char *buf)
{
	static const char letters[] = "KMGT";
	int64_t unit = 1024;
	size_t i;

	if (bytes < unit)
		return plain(bytes, "", buf);
	for (i = 0; i + 2 < sizeof(letters) && bytes / 1024 >= unit; i++)
		unit *= 1024;
	return scaled(bytes, unit, letters[i], buf);
}
