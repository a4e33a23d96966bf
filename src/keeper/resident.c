/*
 * resident.c - how much memory a process of this host has
 *
 * From statm, which everybody may read, while what says how much of it is shared is not
 * the keeper's to read: children are not dumpable.
 */
#include "keeper/resident.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <stdio.h>
#include <unistd.h>

#define FILE_MAX 256

int64_t resident_bytes(int pid)
{
	char path[64], *text = NULL;
	long long pages = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	if (fdutil_read_file(path, FILE_MAX, &text, NULL, NULL) < 0)
		return 0; /* it has just left, or there is no /proc: nothing to show */
	if (sscanf(text, "%*d %lld", &pages) != 1)
		pages = 0;
	mem_free(text);
	return pages * sysconf(_SC_PAGESIZE);
}
