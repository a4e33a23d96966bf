/* image.h - images that people send with a message, as they are kept and shown */
#ifndef RUN_IMAGE_H
#define RUN_IMAGE_H

#include "base/err.h"

#include <stddef.h>

struct str;

/* Bytes of one image, and of all of a message: what providers take. */
#define IMAGE_BYTES_MAX  (5 * 1024 * 1024)
#define IMAGES_BYTES_MAX (10 * 1024 * 1024)
/* That a model is shown of a message, the first (CONTRACT 6.3). */
#define IMAGES_SHOWN 5

/*
 * A data URI with base64, or base64 alone: appended as a data URI with the type that its
 * first bytes say, PNG, JPEG, GIF or WebP, whatever it called itself. *bytes: how many
 * the image has. ERR_INPUT with a sentence when it is something else, ERR_LIMIT when it
 * is too large.
 */
int image_read(struct str *out, const char *text, size_t len, size_t *bytes,
	       struct err *err);

#endif
