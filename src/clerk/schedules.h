/* schedules.h - what is to be started again and again is started, by the lead */
#ifndef CLERK_SCHEDULES_H
#define CLERK_SCHEDULES_H

struct schedules;
struct ward_means;

/* means is borrowed and outlives them; the stores are closed before they are freed. */
struct schedules *schedules_new(const struct ward_means *means);
void schedules_free(struct schedules *schedules);

/* We lead, or do not any more. */
void schedules_start(struct schedules *schedules);
void schedules_stop(struct schedules *schedules);

#endif
