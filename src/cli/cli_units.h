/* cli_units.h - spans of time and large numbers in few characters, for screens */
#ifndef CLI_CLI_UNITS_H
#define CLI_CLI_UNITS_H

#include <stdint.h>

#define CLI_UNITS_MAX 48

/* All into buf[CLI_UNITS_MAX], which is returned; "-" for a negative number. */

/* The two largest units: 93784000 -> "1d2h"; below a second "0s". At most 7 long. */
char *cli_units_span(int64_t ms, char *buf);
/* One unit: 250 -> "250ms", 3400 -> "3.4s", 90000 -> "90s", then "5m", "2h", "3d". At
 * most 5 characters up to 9999 days. */
char *cli_units_lag(int64_t ms, char *buf);
/* 99999 -> "99999", then "123k", "12.3M", "1.2G". At most 5 characters up to 10^13. */
char *cli_units_count(int64_t n, char *buf);
/* 0 -> "0", 1536 -> "1.5K", then "M", "G", "T": at most 5 characters up to 10^4 TiB. */
char *cli_units_bytes(int64_t bytes, char *buf);

#endif
