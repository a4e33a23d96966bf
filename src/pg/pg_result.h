/* pg_result.h - inside pg/: the results that a reply is made of */
#ifndef PG_PG_RESULT_H
#define PG_PG_RESULT_H

#include <libpq-fe.h>

struct pg_reply {
	PGresult **results; /* one per statement; NULL: none came */
	int count;
};

#endif
