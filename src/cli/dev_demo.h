/* dev_demo.h - every example run once, with all that happens on the way */
#ifndef CLI_DEV_DEMO_H
#define CLI_DEV_DEMO_H

#include <stdbool.h>

struct cli_api;
struct dev_examples;

/*
 * Start a run of each orchestration through the API and print its events as they come and
 * its result. stop (with arg) is asked between requests: true ends it. Returns how many
 * runs did not complete, or a negative number when it was stopped.
 */
int dev_demo_run(const struct cli_api *api, const struct dev_examples *examples,
		 bool (*stop)(void *arg), void *arg);

#endif
