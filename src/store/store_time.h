/* store_time.h - moments as answers show them */
#ifndef STORE_STORE_TIME_H
#define STORE_STORE_TIME_H

#define STORE_TIME_MAX 64
/*
 * The moment that Postgres printed ("2026-06-01 12:34:56.789+00", UTC) as Python's
 * str(datetime), "2026-06-01 12:34:56.789000+00:00", without microseconds when they are
 * 0, into buf[STORE_TIME_MAX]; returns buf, NULL for NULL.
 */
const char *store_time_text(const char *moment, char *buf);

#endif
