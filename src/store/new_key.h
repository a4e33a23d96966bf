/* new_key.h - a key of the API, made */
#ifndef STORE_NEW_KEY_H
#define STORE_NEW_KEY_H

#include "base/digest.h"
#include "base/ids.h"

#define NEW_KEY_PREFIX   "sk-syn-"
#define NEW_KEY_HEX      64
#define NEW_KEY_SHOWN    12
#define NEW_KEY_NAME_MAX 200 /* bytes of what it is for */

struct new_key {
	char id[IDS_MAX];                               /* UUID */
	char key[sizeof(NEW_KEY_PREFIX) + NEW_KEY_HEX]; /* secret: the maker wipes it */
	char hash[DIGEST_HEX_SIZE];
	char shown[NEW_KEY_SHOWN + 1]; /* its first characters */
};

/* Format and prefix are those of stock keys. */
void new_key_make(struct new_key *ret);

#endif
