/* kinds.h - the kinds of children of this program */
#ifndef KINDS_H
#define KINDS_H

#include "ipc/kind.h"

/* One row per kind; ends with a row whose name is NULL. */
extern const struct kind kinds_table[];

#endif
