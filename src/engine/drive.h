/* drive.h - an engine on a libev loop */
#ifndef ENGINE_DRIVE_H
#define ENGINE_DRIVE_H

#include "base/loop.h"

struct engine;

/*
 * Pumps before the loop goes to sleep, and again at once while there is work. The prepare
 * watcher has the highest priority: links that flush in a prepare watcher of their own
 * see what this turn produced. Embed it; stop it before the loop or the engine goes.
 */
struct drive {
	struct engine *engine; /* borrowed */
	ev_prepare prepare;
	ev_timer timer; /* the engine's next deadline */
	ev_idle more;   /* keeps the loop from sleeping while the budget was used up */
};

void drive_start(struct drive *drive, struct ev_loop *loop, struct engine *engine);
void drive_stop(struct drive *drive, struct ev_loop *loop);

#endif
