/*
 * new_key.c - a key of the API, made
 *
 * A key is shown once, by who makes it: stores have its SHA-256 and its first characters
 * and nothing that leads back to it.
 */
#include "store/new_key.h"

#include "base/rng.h"

#include <stdio.h>
#include <string.h>

void new_key_make(struct new_key *ret)
{
	memcpy(ret->key, NEW_KEY_PREFIX, sizeof(NEW_KEY_PREFIX));
	rng_hex(ret->key + strlen(NEW_KEY_PREFIX), NEW_KEY_HEX);
	(void)ids_uuid(ret->id);
	(void)digest_sha256(ret->key, strlen(ret->key), ret->hash);
	(void)snprintf(ret->shown, sizeof(ret->shown), "%.*s", NEW_KEY_SHOWN, ret->key);
}
