/* stream_id.h - ids of stream entries as clients send them */
#ifndef API_STREAM_ID_H
#define API_STREAM_ID_H

#include <stdbool.h>

#define STREAM_ID_MAX 48

/*
 * A bound of a range as XRANGE takes it: "-", "+", "<ms>", "<ms>-<n>", each also with "("
 * before it, which leaves that id out. Writes the inclusive bound of the same range into
 * ret, since Redis before 6.2 knows no "(". false: not an id. A range that is empty by
 * itself ("(" before the last id there can be) ends at "0-0" or starts at the last id.
 */
bool stream_id_start(const char *text, char ret[STREAM_ID_MAX]);
bool stream_id_end(const char *text, char ret[STREAM_ID_MAX]);

#endif
