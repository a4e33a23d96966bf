/* embed.h - a text file of the source tree that the build put into the program */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

struct embed {
	const char *name; /* the file's base name, without its ending */
	const char *text; /* NUL-terminated */
	size_t len;
};

#endif
