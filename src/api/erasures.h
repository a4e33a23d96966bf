/* erasures.h - all of an ended run is deleted, for the port of scale mode */
#ifndef API_ERASURES_H
#define API_ERASURES_H

#include "api/runs_port.h"

struct manage;

/* As the port's erase; manage is borrowed until cb. */
void erasures_run(const struct manage *manage, const char *run_id, const char *tenant_id,
		  port_erase_cb cb, void *arg);

#endif
