/* why_reads.h - why a run does not go on, for the port of scale mode */
#ifndef API_WHY_READS_H
#define API_WHY_READS_H

#include "api/runs_port.h"

struct manage;

/* As the port's why; manage is borrowed until cb. */
void why_reads_get(const struct manage *manage, const char *run_id, port_why_cb cb,
		   void *arg);

#endif
