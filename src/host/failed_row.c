/*
 * failed_row.c - the last row of a run that cannot be executed
 *
 * Its definition, its journal or the store will not have it, so the engine never sees it;
 * clients get the events of a run that failed all the same.
 */
#include "host/failed_row.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "engine/event.h"
#include "engine/row.h"

#include <string.h>

struct engine_row *failed_row_new(const struct failed_row *failed)
{
	struct engine_row *row = row_new(ROW_START, "", "", 0);
	const struct event_stamp stamp = { .at_ms = clock_wall_ms(),
					   .max = failed->event_max };
	const struct event_text text = { failed->reason, strlen(failed->reason) };
	const struct event_text empty_list = { "[]", 2 }, empty_object = { "{}", 2 };

	event_worker_picked_up(&row->texts, &stamp, failed->worker_id, failed->run_id);
	row_add_event(row);
	event_orchestration_error(&row->texts, &stamp, failed->reason);
	row_add_event(row);
	event_orchestration_complete(&row->texts, &stamp, failed->run_id, RUN_FAILED,
				     empty_object);
	row_add_event(row);
	event_run_final(&row->texts, &stamp, failed->run_id, RUN_FAILED, text, empty_list,
			empty_object);
	row_add_event(row);
	event_done(&row->texts, &stamp);
	row_add_event(row);
	row_seal(row, failed->first_seq, failed->epoch);
	return row;
}

struct engine_final *failed_row_final(const struct failed_row *failed)
{
	struct engine_final *final = row_final_new();
	struct jsonw w;

	final->status = RUN_FAILED;
	str_add_text(&final->response, failed->reason);
	jsonw_init(&w, &final->error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", failed->class);
	jsonw_pair_text(&w, "message", failed->reason);
	jsonw_object_end(&w);
	return final;
}
