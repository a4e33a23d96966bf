/* file_stock.h - the file of a run that stock readers know */
#ifndef HOST_FILE_STOCK_H
#define HOST_FILE_STOCK_H

#include "base/err.h"

#include <stdbool.h>

struct files_dir;
struct files_end;
struct files_head;
struct files_question;
struct str;

/* Its path, appended. */
void file_stock_path(const struct files_dir *dir, const char *run_id, struct str *out);
void file_stock_print(const struct files_head *head, const struct files_end *end,
		      const struct files_question *asked, long long started_at_ms,
		      struct str *out);
/* Write `<run id>.json` (CONTRACT 5.3). started_at_ms 0: never. asked: what a run that is
 * paused waits for; NULL: it has ended. ERR_SYS, ERR_INPUT. */
int file_stock_write(const struct files_dir *dir, const struct files_head *head,
		     const struct files_end *end, const struct files_question *asked,
		     long long started_at_ms, struct err *err);
/* Is it older than this moment, or not there? */
bool file_stock_is_behind(const struct files_dir *dir, const char *run_id,
			  long long at_ms);

#endif
