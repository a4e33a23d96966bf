/* resident.h - how much memory a process of this host has */
#ifndef KEEPER_RESIDENT_H
#define KEEPER_RESIDENT_H

#include <stdint.h>

/* Bytes in RAM, what it shares with others included; 0: not known. */
int64_t resident_bytes(int pid);

#endif
