/*
 * fuzz_frames.c - any bytes as what comes over our own sockets, out of the queue and
 * out of streams (libFuzzer)
 *
 * The first byte says what the rest is. What must hold beside that nothing crashes:
 * what is taken can be written again, and is the same bytes; no piece of a frame is
 * beyond what came in.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonr.h"
#include "events/chat_view.h"
#include "events/cursor.h"
#include "events/event_id.h"
#include "ipc/control_frame.h"
#include "ipc/frame.h"
#include "queue/queue_job.h"
#include "run/payload.h"
#include "tools/python_frame.h"

#include <assert.h>

static void check_frame(const uint8_t *data, size_t size)
{
	unsigned char bytes[FRAME_BYTES], again[FRAME_BYTES];
	struct frame frame, second;
	struct err err;

	if (frame_decode(data, size, &frame, &err) < 0)
		return;
	frame_encode(&frame, bytes);
	assert(frame_decode(bytes, sizeof(bytes), &second, &err) == 0);
	frame_encode(&second, again);
	assert(memcmp(bytes, again, sizeof(bytes)) == 0);
}

static void check_control(const uint8_t *data, size_t size)
{
	unsigned char bytes[CONTROL_FRAME_BYTES], again[CONTROL_FRAME_BYTES];
	struct control_frame frame, second;
	struct err err;

	if (control_frame_decode(data, size, &frame, &err) < 0)
		return;
	control_frame_encode(&frame, bytes);
	assert(control_frame_decode(bytes, sizeof(bytes), &second, &err) == 0);
	control_frame_encode(&second, again);
	assert(memcmp(bytes, again, sizeof(bytes)) == 0);
}

static void check_job(const uint8_t *data, size_t size)
{
	struct queue_job job;
	struct str again = STR_INIT;
	struct err err;

	if (queue_job_unpack(data, size, &job, &err) == 0) {
		assert(queue_job_check(&job, &err) == 0);
		queue_job_pack(&job, &again);
		assert(again.len == size && memcmp(str_text(&again), data, size) == 0);
	}
	str_deinit(&again);
}

static void check_payload(const uint8_t *data, size_t size)
{
	struct payload payload, second;
	struct str once = STR_INIT, twice = STR_INIT;
	struct arena arena;
	struct err err;

	arena_init(&arena);
	if (payload_unpack((const char *)data, size, &arena, &payload, &err) == 0) {
		payload_pack(&payload, &once);
		assert(payload_unpack(str_text(&once), once.len, &arena, &second, &err) ==
		       0);
		payload_pack(&second, &twice);
		assert(same_text(&once, &twice));
	}
	arena_deinit(&arena);
	str_deinit(&once);
	str_deinit(&twice);
}

static void check_python(const uint8_t *data, size_t size)
{
	struct str in = STR_INIT;
	const char *body;
	size_t at = 0, len;

	str_add(&in, (const char *)data, size);
	while (at <= in.len && python_frame_next(&in, at, 300, &body, &len) == 1) {
		assert(len <= 300 && body >= in.data && body + len <= in.data + in.len);
		at += PYTHON_FRAME_HEAD + len;
	}
	str_deinit(&in);
}

static void check_event(const uint8_t *data, size_t size)
{
	struct event_mark mark;
	struct cursor cursor = { { 5, 1 }, 3, true };
	const struct event_id id = { 5, 2 };
	struct str view = STR_INIT;
	struct json *doc = NULL;

	event_mark_read((const char *)data, size, &mark);
	if (cursor_judge(&cursor, &id, &mark) == CURSOR_SEND)
		cursor_pass(&cursor, &id, &mark);
	if (chat_view(&view, (const char *)data, size) &&
	    jsonr_parse((const char *)data, size, &doc, NULL, NULL, NULL) == 0) {
		jsonr_free(doc);
		assert(jsonr_parse(str_text(&view), view.len, &doc, NULL, NULL, NULL) ==
		       0);
		jsonr_free(doc);
	}
	str_deinit(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(const uint8_t *, size_t) = {
		check_frame,   check_control, check_job,
		check_payload, check_python,  check_event,
	};

	if (size)
		checks[data[0] % (sizeof(checks) / sizeof(*checks))](data + 1, size - 1);
	return 0;
}
