/* file_said.h - what was said before in a conversation, out of the files of its turns */
#ifndef HOST_FILE_SAID_H
#define HOST_FILE_SAID_H

struct file_run;
struct history_find;

/* The engine's question (engine/host.h); answered at once. */
void file_said_find(const struct file_run *run, struct history_find *find);

#endif
