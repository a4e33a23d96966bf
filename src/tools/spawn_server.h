/* spawn_server.h - the process that forks for a worker */
#ifndef TOOLS_SPAWN_SERVER_H
#define TOOLS_SPAWN_SERVER_H

/*
 * In a fresh fork of a worker: serve fd (spawn_frame.h) until its other end is closed,
 * end all helpers, and leave the process. Nothing that was inherited is kept but fd and
 * the standard descriptors.
 */
_Noreturn void spawn_server_run(int fd);

#endif
