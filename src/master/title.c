/*
 * title.c - what ps shows
 *
 * The kernel shows the bytes between two addresses that it noted at exec. They hold the
 * strings of argv and right behind them those of the environment, so the room is what
 * lies there without a gap. The short name (15 bytes, `ps -o comm`) is prctl(2)'s.
 */
#include "master/title.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct {
	char *start;
	size_t room;
	char **old_environ;
	/* The environment's new home, owned. Who removes or replaces a variable takes
	 * its place in the list; its text stays, so all texts are one piece. */
	char **copy;
	char *texts;
} area; /* the master; children inherit it and set their own title */

/* Move the end of the room over text if it lies right behind. */
static void room_add(char **end, char *text)
{
	if (text == *end)
		*end = text + strlen(text) + 1;
}

static void environ_move(void)
{
	size_t count = 0, len = 0, i;
	char *at;

	for (; environ[count]; count++)
		len += strlen(environ[count]) + 1;
	area.old_environ = environ;
	area.copy = mem_new_n(char *, count + 1);
	area.texts = at = mem_new_n(char, len + 1);
	for (i = 0; i < count; i++) {
		area.copy[i] = at;
		at = stpcpy(at, environ[i]) + 1;
	}
	environ = area.copy;
}

void title_init(int argc, char **argv)
{
	char *end;
	int i;

	if (area.start || argc < 1)
		return;
	end = argv[0];
	for (i = 0; i < argc; i++)
		room_add(&end, argv[i]);
	for (i = 0; environ[i]; i++)
		room_add(&end, environ[i]);
	environ_move();
	area.start = argv[0];
	area.room = (size_t)(end - argv[0]);
}

void title_set(const char *title)
{
	char text[256], shorter[16];
	int len;

	len = snprintf(text, sizeof(text), "synapsed: %s", title);
	(void)snprintf(shorter, sizeof(shorter), "syn-%.11s", title);
	(void)prctl(PR_SET_NAME, shorter); /* cannot fail with a valid pointer */
	if (!area.start || area.room < 2)
		return;
	if ((size_t)len >= area.room)
		len = (int)area.room - 1;
	memcpy(area.start, text, (size_t)len);
	/* NULs to the end: the old arguments must not show behind the title */
	memset(area.start + len, 0, area.room - (size_t)len);
}

void title_deinit(void)
{
	if (!area.copy)
		return;
	/* the old strings are overwritten: nothing is left to go back to */
	mem_free(area.copy);
	mem_free(area.texts);
	area.old_environ[0] = NULL;
	environ = area.old_environ;
	memset(&area, 0, sizeof(area));
}
