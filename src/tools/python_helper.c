/*
 * python_helper.c - one python3 process that executes code for a worker, call by call
 *
 * One socket for frames, one pipe for what is printed, so a print never spoils a
 * result. Whatever the code does to its process, what comes out of the socket is bytes
 * of a stranger: a frame that is not expected, too long or not JSON ends the helper.
 *
 * An answer is two frames (python/helper.py): what became of the call, and the result.
 * The first is read again when the second is not there yet; it is short.
 */
#include "tools/python_helper.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/host.h"
#include "run/jsontext.h"
#include "tools/python_frame.h"
#include "tools/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES   65536
#define READS        16    /* of one wake-up: others have their turn */
#define HEADER_MAX   65536 /* of an answer without what it shows */
#define KEEP_BYTES   65536 /* of a buffer between two calls */
#define HELPER_FILES 64
#define END_SEC      1. /* for a process that closed its socket to end */

/* ---- what it prints ---- */

static void read_printed(struct python_helper *helper)
{
	char bytes[4096];
	size_t keep;
	ssize_t len;
	int i;

	for (i = 0; i < READS && helper->print_fd >= 0; i++) {
		len = read(helper->print_fd, bytes, sizeof(bytes));
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0) {
			ev_io_stop(helper->loop, &helper->print);
			fdutil_close(&helper->print_fd);
			return;
		}
		helper->printed_bytes += (size_t)len;
		keep = helper->printed.len < PYTHON_PRINTED_MAX
			       ? PYTHON_PRINTED_MAX - helper->printed.len
			       : 0;
		str_add(&helper->printed, bytes, (size_t)len < keep ? (size_t)len : keep);
	}
}

static void on_print(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	read_printed(w->data);
}

/* ---- ends ---- */

static void close_all(struct python_helper *helper)
{
	ev_io_stop(helper->loop, &helper->io);
	ev_io_stop(helper->loop, &helper->room);
	ev_io_stop(helper->loop, &helper->print);
	ev_timer_stop(helper->loop, &helper->late);
	fdutil_close(&helper->fd);
	fdutil_close(&helper->print_fd);
}

static void free_it(struct python_helper *helper)
{
	close_all(helper);
	list_remove(&helper->node);
	str_deinit(&helper->in);
	str_deinit(&helper->out);
	str_deinit(&helper->printed);
	mem_free(helper);
}

static void say_end(struct python_helper *helper, int status, int sys_errno,
		    struct str *out)
{
	struct str clean = STR_INIT;

	if (helper->why)
		str_add_text(out, helper->why);
	else if (status == -1)
		str_printf(out, "no process could be made: %s", strerror(sys_errno));
	else if (WIFSIGNALED(status))
		str_printf(out, "python was ended by signal %d (%s)", WTERMSIG(status),
			   strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) > 128) /* as bubblewrap tells of a signal */
		str_printf(out, "python was ended by signal %d (%s)",
			   WEXITSTATUS(status) - 128,
			   strsignal(WEXITSTATUS(status) - 128));
	else
		str_printf(out, "python ended with exit status %d", WEXITSTATUS(status));
	if (helper->why || helper->printed.len == 0)
		return;
	utf8_clean(&clean, helper->printed.data, helper->printed.len);
	while (clean.len && clean.data[clean.len - 1] == '\n')
		clean.data[--clean.len] = '\0';
	str_printf(out, ": %s", str_text(&clean));
	str_deinit(&clean);
}

static void on_end(struct spawn_gate_child *child, int status, int sys_errno)
{
	struct python_helper *helper = mem_container(child, struct python_helper, child);
	struct str reason = STR_INIT;

	read_printed(helper);
	say_end(helper, status, sys_errno, &reason);
	helper->state = PYTHON_ENDING;
	helper->ops->on_end(helper, str_text(&reason));
	str_deinit(&reason);
	free_it(helper);
}

void python_helper_kill(struct python_helper *helper, const char *why)
{
	if (helper->state == PYTHON_ENDING)
		return;
	helper->state = PYTHON_ENDING;
	helper->why = why;
	ev_io_stop(helper->loop, &helper->io);
	ev_io_stop(helper->loop, &helper->room);
	ev_timer_stop(helper->loop, &helper->late);
	spawn_gate_kill(&helper->child);
}

/* It closed its end: it has ended or will, and how is worth a moment; if it does not
 * want to it must. */
static void hung_up(struct python_helper *helper)
{
	if (helper->state == PYTHON_ENDING)
		return;
	helper->state = PYTHON_ENDING;
	ev_io_stop(helper->loop, &helper->io);
	ev_io_stop(helper->loop, &helper->room);
	ev_timer_stop(helper->loop, &helper->late);
	ev_timer_set(&helper->late, END_SEC, 0.);
	ev_timer_start(helper->loop, &helper->late);
}

void python_helper_free(struct python_helper *helper)
{
	spawn_gate_forget(&helper->child);
	free_it(helper);
}

static void on_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct python_helper *helper = w->data;

	(void)loop;
	(void)revents;
	if (helper->state == PYTHON_ENDING)
		spawn_gate_kill(&helper->child);
	else
		python_helper_kill(helper, "python did not start in time");
}

/* ---- what it says ---- */

static void hello(struct python_helper *helper, const char *text, size_t len)
{
	const struct json *open;
	struct json *doc = NULL;

	if (jsonr_parse(text, len, &doc, NULL, NULL, NULL) < 0) {
		python_helper_kill(helper, "python said what is no hello");
		return;
	}
	open = jsonr_get(doc, "open");
	if (jsonr_type(open) != JSONR_ARRAY || jsonr_count(open) > 0) {
		str_reset(&helper->printed, 0);
		str_add_text(&helper->printed, "the sandbox leaves open: ");
		jsonr_print(open, &helper->printed);
		python_helper_kill(helper, NULL); /* which tells what is printed */
	} else {
		const char *version = jsonr_get_text(doc, "python");

		ev_timer_stop(helper->loop, &helper->late);
		helper->state = PYTHON_IDLE;
		helper->idle_mono_ms = 0;
		helper->ops->on_ready(helper, version ? version : "?");
	}
	jsonr_free(doc);
}

/* The result as the state may have it. */
static int take_result(const char *text, size_t len, struct str *ret, struct err *err)
{
	struct str raw = STR_INIT;
	struct json *doc;
	int rc;

	rc = jsonr_parse(text, len, &doc, NULL, NULL, err);
	if (rc < 0)
		return rc;
	jsonr_print(doc, &raw);
	jsonr_free(doc);
	jsontext_storable(ret, str_text(&raw), raw.len);
	str_deinit(&raw);
	return 0;
}

/* more: bytes came behind the answer, which are nobody's. */
static void answered(struct python_helper *helper, const struct json *head,
		     const char *body, size_t body_len, bool more)
{
	struct str json = STR_INIT, shown = STR_INIT;
	struct python_answer answer = {
		.json = &json,
		.dirty = more || jsonr_bool(jsonr_get(head, "dirty")),
		.rss_kib = jsonr_get_int(head, "rss_kib", 0),
	};
	const struct json *said = jsonr_get(head, body ? "text" : "error");
	const char *kind = jsonr_get_text(head, "kind");
	struct err err;

	if (jsonr_text(said))
		utf8_clean(&shown, jsonr_text(said), jsonr_text_len(said));
	if (!body) {
		answer.class = kind && strcmp(kind, "limit") == 0 ? FAIL_LIMIT : FAIL_JOB;
	} else if (take_result(body, body_len, &json, &err) < 0) {
		answer.class = FAIL_JOB;
		str_reset(&shown, KEEP_BYTES);
		str_printf(&shown, "the result cannot be kept: %s", err.text);
	}
	answer.text = str_text(&shown);
	answer.text_len = shown.len;
	helper->state = PYTHON_IDLE;
	helper->calls++;
	read_printed(helper);
	helper->ops->on_answer(helper, &answer);
	str_deinit(&json);
	str_deinit(&shown);
}

/* true: the call is over. */
static bool answer(struct python_helper *helper, const char *text, size_t len)
{
	size_t used = PYTHON_FRAME_HEAD + len, body_len = 0;
	const char *body = NULL;
	struct json *head;
	int rc = 1;

	if (jsonr_parse(text, len, &head, NULL, NULL, NULL) < 0) {
		python_helper_kill(helper, "python answered with what is no JSON");
		return false;
	}
	if (jsonr_get_int(head, "id", -1) != (int64_t)helper->id) {
		python_helper_kill(helper, "python answered another call");
		jsonr_free(head);
		return false;
	}
	if (jsonr_bool(jsonr_get(head, "ok")))
		rc = python_frame_next(&helper->in, used, helper->answer_max, &body,
				       &body_len);
	if (body)
		used += PYTHON_FRAME_HEAD + body_len;
	if (rc < 0)
		python_helper_kill(helper, "python answered with too much");
	else if (rc > 0)
		answered(helper, head, body, body_len, helper->in.len > used);
	jsonr_free(head);
	return rc > 0;
}

/* What is in `in`, as far as it is whole. */
static void understand(struct python_helper *helper)
{
	const char *text;
	size_t len;
	int rc;

	if (helper->state == PYTHON_ENDING || helper->in.len == 0)
		return;
	if (helper->state == PYTHON_IDLE) {
		python_helper_kill(helper, "python spoke without being asked");
		return;
	}
	rc = python_frame_next(&helper->in, 0, helper->header_max, &text, &len);
	if (rc < 0)
		python_helper_kill(helper, "python answered with too much");
	if (rc <= 0)
		return;
	if (helper->state == PYTHON_STARTING) {
		struct str copy = STR_INIT; /* what it leads to may write here */

		str_add(&copy, text, len);
		str_drop(&helper->in, PYTHON_FRAME_HEAD + len);
		hello(helper, str_text(&copy), copy.len);
		str_deinit(&copy);
		return;
	}
	if (answer(helper, text, len)) /* it may be busy with the next one by now */
		str_reset(&helper->in, KEEP_BYTES);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct python_helper *helper = w->data;
	ssize_t len;
	int i;

	(void)loop;
	(void)revents;
	for (i = 0; i < READS; i++) {
		len = read(helper->fd, str_reserve(&helper->in, READ_BYTES), READ_BYTES);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len <= 0) {
			hung_up(helper);
			return;
		}
		str_grew(&helper->in, (size_t)len);
		if (len < READ_BYTES)
			break;
	}
	understand(helper);
}

/* ---- what it is told ---- */

static void flush(struct python_helper *helper)
{
	ssize_t len;

	while (helper->out.len) {
		len = send(helper->fd, helper->out.data, helper->out.len, MSG_NOSIGNAL);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno != EAGAIN) {
			hung_up(helper);
			return;
		}
		if (len < 0)
			break;
		str_drop(&helper->out, (size_t)len);
	}
	if (helper->out.len && !ev_is_active(&helper->room))
		ev_io_start(helper->loop, &helper->room);
	if (helper->out.len == 0) {
		ev_io_stop(helper->loop, &helper->room);
		str_reset(&helper->out, KEEP_BYTES);
	}
}

static void on_room(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	flush(w->data);
}

void python_helper_call(struct python_helper *helper, const struct code_request *request)
{
	struct jsonw w;
	size_t at;

	assert(helper->state == PYTHON_IDLE);
	helper->state = PYTHON_BUSY;
	helper->id++;
	helper->answer_max = request->answer_max;
	/* a character is four bytes at most, and six when it is escaped */
	helper->header_max = HEADER_MAX + request->show_max * 6;
	str_reset(&helper->printed, KEEP_BYTES);
	helper->printed_bytes = 0;
	at = python_frame_begin(&helper->out);
	jsonw_init(&w, &helper->out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "id", (int64_t)helper->id);
	jsonw_key(&w, "code");
	jsonw_text_n(&w, request->code, request->code_len);
	jsonw_pair_raw(&w, "state", request->state, request->state_len);
	jsonw_pair_int(&w, "max", (int64_t)request->answer_max);
	jsonw_pair_int(&w, "show", (int64_t)request->show_max);
	jsonw_object_end(&w);
	python_frame_end(&helper->out, at);
	flush(helper);
}

/* ---- life ---- */

static int open_fds(int ours[2], int theirs[5], const struct sandbox *sandbox,
		    struct err *err)
{
	int pair[2], pipe_fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, "socketpair");
	ours[0] = pair[0];
	theirs[3] = pair[1];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	ours[1] = pipe_fds[0];
	theirs[1] = theirs[2] = pipe_fds[1];
	theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (theirs[0] < 0)
		return err_errno(err, "open /dev/null");
	rc = fdutil_nonblock(ours[0]);
	if (rc == 0)
		rc = fdutil_nonblock(ours[1]);
	if (rc < 0)
		return err_errno(err, "fcntl");
	if (!sandbox->filter.len)
		return 4;
	theirs[4] = sandbox_filter_open(sandbox, err);
	return theirs[4] < 0 ? theirs[4] : 5;
}

static void watch(struct python_helper *helper, const int ours[2], int64_t start_ms)
{
	helper->fd = ours[0];
	helper->print_fd = ours[1];
	ev_io_init(&helper->io, on_readable, helper->fd, EV_READ);
	ev_io_init(&helper->room, on_room, helper->fd, EV_WRITE);
	ev_io_init(&helper->print, on_print, helper->print_fd, EV_READ);
	ev_timer_init(&helper->late, on_late, (ev_tstamp)start_ms / 1000., 0.);
	helper->io.data = helper->room.data = helper->print.data = helper->late.data =
		helper;
	ev_io_start(helper->loop, &helper->io);
	ev_io_start(helper->loop, &helper->print);
	ev_timer_start(helper->loop, &helper->late);
}

int python_helper_start(const struct python_helper_options *options,
			struct python_helper **ret, struct err *err)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8",
					   "HOME=/tmp", NULL };
	int ours[2] = { -1, -1 }, theirs[5] = { -1, -1, -1, -1, -1 }, count, rc;
	struct spawn_gate_plan plan = {
		.argv = options->sandbox->argv,
		.env = env,
		.fds = theirs,
		.uid = options->uid,
		.limits = { .memory_bytes = options->memory_bytes,
			    .file_bytes = SANDBOX_TMP_BYTES,
			    .files = HELPER_FILES },
	};
	struct python_helper *helper = NULL;

	rc = count = open_fds(ours, theirs, options->sandbox, err);
	if (rc < 0)
		goto out;
	helper = mem_new(struct python_helper);
	helper->child.on_end = on_end;
	plan.fds_count = (size_t)count;
	rc = spawn_gate_start(options->gate, &plan, &helper->child, err);
	if (rc < 0)
		goto out;
	helper->ops = options->ops;
	helper->arg = options->arg;
	helper->loop = options->loop;
	helper->header_max = HEADER_MAX;
	watch(helper, ours, options->start_ms);
	ours[0] = ours[1] = -1;
	*ret = helper;
	helper = NULL;
	rc = 0;
out:
	mem_free(helper);
	fdutil_close(&ours[0]);
	fdutil_close(&ours[1]);
	fdutil_close(&theirs[0]);
	fdutil_close(&theirs[1]); /* theirs[2] is the same */
	fdutil_close(&theirs[3]);
	fdutil_close(&theirs[4]);
	return rc;
}
