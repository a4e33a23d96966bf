/* file_people.h - steps of a run on files that wait for people */
#ifndef HOST_FILE_PEOPLE_H
#define HOST_FILE_PEOPLE_H

#include <stdbool.h>

struct file_run;
struct files_question;
struct human_wait;

/* The engine's wait: serve it (engine/host.h). */
void file_people_wait(struct file_run *run, struct human_wait *wait);
/* This question of the run has its end: the step that waits hears so, if it is there. */
void file_people_tell(struct file_run *run, const struct files_question *question);
/* Nobody is told any more. */
void file_people_free(struct file_run *run);

#endif
