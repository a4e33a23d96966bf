/* file_patience.h - a change of this host's files that waits for another writer */
#ifndef API_FILE_PATIENCE_H
#define API_FILE_PATIENCE_H

#include "base/err.h"
#include "base/loop.h"

#include <stdint.h>

/* Embed it; borrowed until over() ran. All but the two calls is private. */
struct file_patience {
	/* The change, without waiting: ERR_CONFLICT when somebody else writes. */
	int (*attempt)(struct file_patience *wait, struct err *err);
	/* What came of it. err is good when rc is negative. */
	void (*over)(struct file_patience *wait, int rc, const struct err *err);
	struct ev_loop *loop;
	ev_timer timer;
	int64_t until_mono_ms;
};

/* Try, and try again for two seconds while somebody else writes: over() may have run
 * before this returns. */
void file_patience_start(struct file_patience *wait, struct ev_loop *loop);
/* Nothing of it happens any more. */
void file_patience_stop(struct file_patience *wait);

#endif
