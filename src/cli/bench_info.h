/* bench_info.h - numbers out of what Redis' INFO says */
#ifndef CLI_BENCH_INFO_H
#define CLI_BENCH_INFO_H

#include <stdint.h>

/* "used_cpu_user:1.25" in microseconds, with "used_cpu_sys"; -1: not there. */
/* The number behind a name of any section; -1: it is not there. */
int64_t bench_info_number(const char *text, const char *name);
int64_t bench_info_cpu_us(const char *cpu);
/* Time that passed inside a command ("evalsha"), of INFO commandstats; 0: it was never
 * called. */
int64_t bench_info_command_us(const char *commandstats, const char *command);
/* How often it was called. */
int64_t bench_info_command_calls(const char *commandstats, const char *command);

#endif
