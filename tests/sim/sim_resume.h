/* sim_resume.h - a run goes on where its journal ends */
#ifndef TESTS_SIM_RESUME_H
#define TESTS_SIM_RESUME_H

#include <stddef.h>

struct exec;
struct exec_start;
struct held;
struct sim_worker;

/* The first n rows of the journal are what the takeover found. */
struct exec *sim_resume(struct sim_worker *worker, struct held *held,
			const struct exec_start *start, size_t n);

#endif
