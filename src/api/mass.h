/* mass.h - one act on each thing of a page, at a rate: bulk requests */
#ifndef API_MASS_H
#define API_MASS_H

#include "api/errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_call;
struct json;
struct mass;
struct body_faults;

#define MASS_LIMIT_MAX 1000 /* things a request acts on */
#define MASS_RATE_MAX  1000 /* a second */

struct mass_ops {
	/* Ask for a page behind `after` (NULL: the first); mass_page() or mass_fail()
	 * answers, once. */
	void (*fetch)(struct mass *mass, const char *after, int limit);
	/* mass_done() answers, once. id is borrowed until then. */
	void (*act)(struct mass *mass, const char *id);
};

struct mass_wish {
	const char *action; /* in the request's arena */
	bool dry_run;
	int rate;
	int limit;
	const char *after; /* NULL: from the newest */
};

/*
 * Read action, dry_run and rate of the body, limit of the query; `after` is the caller's
 * to set. Faults are added.
 */
void mass_read(struct body_faults *faults, struct api_call *call, const struct json *doc,
	       struct mass_wish *ret);

/*
 * Answers the request: a dry run with how many there are, counted to 100,000; else with
 * what became of one page. user is the caller's; all is borrowed until then.
 */
void mass_start(struct api_call *call, const struct mass_ops *ops,
		const struct mass_wish *wish, void *user);

void *mass_user(const struct mass *mass);
struct api_call *mass_call(const struct mass *mass);
/* Of a page: first each thing (applies: the act could be done), then its end. next:
 * cursor of the page behind, or NULL. */
void mass_add(struct mass *mass, const char *id, bool applies);
void mass_page(struct mass *mass, const char *next);
void mass_fail(struct mass *mass, enum errors_code error);
void mass_done(struct mass *mass, const char *id, enum errors_code error,
	       const char *detail);

#endif
