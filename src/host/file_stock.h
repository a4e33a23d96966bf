/* file_stock.h - the file of a run that stock readers know */
#ifndef HOST_FILE_STOCK_H
#define HOST_FILE_STOCK_H

#include "base/err.h"

struct files_dir;
struct files_end;
struct files_head;

/* Write `<run id>.json` (CONTRACT 5.3). started_at_ms 0: never. ERR_SYS, ERR_INPUT. */
int file_stock_write(const struct files_dir *dir, const struct files_head *head,
		     const struct files_end *end, long long started_at_ms,
		     struct err *err);

#endif
