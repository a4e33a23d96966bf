/* root.h - the frame of a whole run */
#ifndef ENGINE_ROOT_H
#define ENGINE_ROOT_H

struct exec;
struct runframe;

/* Its child is the path from the entry step on; its end is the run's. */
struct runframe *root_new(struct exec *exec);

#endif
