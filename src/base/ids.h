/* ids.h - names of runs, workers and keys, and how foreign ids go into keys */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/* Stock columns are VARCHAR(255); every id that we take or make fits with its NUL. */
#define IDS_MAX 256

/* "run_" + 12 hex + "_" + epoch ms, as the stock API makes them; into buf[IDS_MAX]. Those
 * of one minute are neighbours in the order of names. */
char *ids_run(int64_t wall_ms, char *buf);
/* "<row>.<8 hex>": the name of one worker process, never reused. */
char *ids_incarnation(const char *row, char *buf);
/* A random UUID (version 4) in text form. */
char *ids_uuid(char *buf);

/* Append id with every byte outside [A-Za-z0-9_.-] as %XX (DECISIONS 8). */
void ids_encode(struct str *out, const char *id);
/* A legal queue name: [A-Za-z0-9_.-]{1,64}. */
bool ids_queue_name(const char *name);

#endif
