/* sim_memory.h - what is allocated, and how many frames were made */
#ifndef TESTS_SIM_MEMORY_H
#define TESTS_SIM_MEMORY_H

#include <stdint.h>

/* Blocks of base/mem.h that are not freed. */
int64_t sim_memory_blocks(void);
/* Frames that the engine has made so far. */
int64_t sim_memory_frames(void);

#endif
