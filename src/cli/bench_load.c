/*
 * bench_load.c - requests from outside: a few processes, connections that are kept open
 *
 * Each process is forked from this one, has its own connections and tells what it saw in
 * a page of shared memory. Two ways to send:
 *
 *   closed   one request after the other on each connection: as fast as answers come
 *   open     request i is due at start + i / rate, whatever became of those before; it
 *            takes a free connection, or waits for one. The time from when it was due
 *            counts that wait, the time from when it was sent does not
 *
 * A request text is the same every time, and of an answer only the status is looked at
 * (of a bulk answer each run, too): the load must cost little, since it shares the cores
 * with what is measured.
 */
#include "cli/bench_load.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/bench_http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS   20000   /* how long an answer may take after the last was sent */
#define SAMPLES_MAX 2000000 /* of one process */
#define LOOK_MS     50
#define WHY_MAX     300

/* What one process found; in shared memory, its own. */
struct seat {
	int rc; /* 0: all was answered */
	char why[WHY_MAX];
	int64_t sent;
	int64_t accepted;
	int64_t first_sent_at_ms;
	int64_t last_read_at_ms;
	int64_t samples;
	int32_t answer_us[SAMPLES_MAX]; /* pages come as they are written */
	int32_t due_us[SAMPLES_MAX];
};

struct shared {
	_Atomic int64_t next; /* request of `count` */
	int64_t start_mono_us;
	struct seat seats[];
};

struct connection {
	int fd;
	const struct str *sending; /* NULL: idle */
	size_t sent;               /* bytes of it */
	struct str in;
	int64_t sent_mono_us;
	int64_t due_mono_us;
};

/* In a load process. */
struct sender {
	const struct bench_load_plan *plan;
	struct shared *shared;
	struct seat *seat;
	int64_t due_next; /* open: the request of this process that is due next */
	int64_t until_mono_us;
	size_t busy;
	bool over; /* nothing more is sent */
	struct connection connections[BENCH_LOAD_CONNECTIONS];
};

/* ---- in a load process ---- */

static int failed(struct sender *sender, int rc, const char *what)
{
	sender->seat->rc = rc;
	(void)snprintf(sender->seat->why, WHY_MAX, "%s", what);
	return rc;
}

static int open_connection(struct sender *sender, struct connection *connection)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int one = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)sender->plan->port);
	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection->fd < 0 ||
	    connect(connection->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
	    fdutil_nonblock(connection->fd) < 0)
		return failed(sender, ERR_CONN, strerror(errno));
	return 0;
}

static int send_more(struct sender *sender, struct connection *connection)
{
	const struct str *text = connection->sending;
	ssize_t n;

	assert(text); /* whoever calls this has just set it, or waits for room for its
			 rest */
	while (connection->sent < text->len) {
		n = send(connection->fd, text->data + connection->sent,
			 text->len - connection->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return failed(sender, ERR_CONN, strerror(errno));
		connection->sent += (size_t)n;
	}
	return 0;
}

static int start(struct sender *sender, struct connection *connection,
		 const struct str *request, int64_t due_mono_us)
{
	struct seat *seat = sender->seat;

	connection->sending = request;
	connection->sent = 0;
	connection->sent_mono_us = clock_mono_us();
	connection->due_mono_us = due_mono_us ? due_mono_us : connection->sent_mono_us;
	if (!seat->sent++)
		seat->first_sent_at_ms = clock_wall_ms();
	sender->busy++;
	return send_more(sender, connection);
}

/* The next request that a connection which is idle may send now; NULL: none. */
static const struct str *next_request(struct sender *sender, int64_t now_mono_us,
				      int64_t *due_mono_us)
{
	const struct bench_load_plan *plan = sender->plan;
	int64_t i;

	*due_mono_us = 0;
	if (sender->over)
		return NULL;
	if (plan->count) {
		i = atomic_fetch_add(&sender->shared->next, 1);
		sender->over = i >= plan->count;
		if (sender->over)
			return NULL;
		return plan->last && i == plan->count - 1 ? plan->last : plan->request;
	}
	if (plan->rate_per_s) {
		*due_mono_us = sender->shared->start_mono_us +
			       sender->due_next * 1000000 / plan->rate_per_s;
		sender->over = *due_mono_us >= sender->until_mono_us;
		if (sender->over || *due_mono_us > now_mono_us)
			return NULL;
		sender->due_next += plan->processes;
		return plan->request;
	}
	sender->over = now_mono_us >= sender->until_mono_us;
	return sender->over ? NULL : plan->request;
}

static int start_what_is_due(struct sender *sender)
{
	const struct str *request;
	int64_t due_mono_us;
	int i, rc = 0;

	for (i = 0; i < sender->plan->connections && rc == 0; i++) {
		struct connection *connection = &sender->connections[i];

		if (connection->sending)
			continue;
		request = next_request(sender, clock_mono_us(), &due_mono_us);
		if (!request)
			break;
		rc = start(sender, connection, request, due_mono_us);
	}
	return rc;
}

/* How many runs a bulk answer says are accepted; negative: not all, or no such answer. */
static int64_t count_runs(const struct bench_http_answer *answer)
{
	struct json *doc = NULL;
	const struct json *runs;
	int64_t count = 0;
	size_t i;

	if (jsonr_parse(answer->body, answer->body_len, &doc, NULL, NULL, NULL) < 0)
		return -1;
	runs = jsonr_get(doc, "runs");
	for (i = 0; i < jsonr_count(runs) && count >= 0; i++)
		count = jsonr_get_text(jsonr_at(runs, i), "run_id") ? count + 1 : -1;
	jsonr_free(doc);
	return count;
}

static int take_answer(struct sender *sender, struct connection *connection,
		       const struct bench_http_answer *answer)
{
	struct seat *seat = sender->seat;
	int64_t now_mono_us = clock_mono_us(), runs = 1;

	if (sender->plan->bulk && answer->status == 202)
		runs = count_runs(answer);
	if (answer->status != 202 || runs < 0) {
		(void)snprintf(seat->why, WHY_MAX, "the API answered %d: %.*s",
			       answer->status,
			       (int)(answer->body_len < 200 ? answer->body_len : 200),
			       answer->body);
		seat->rc = ERR_REFUSED;
		return ERR_REFUSED;
	}
	seat->accepted += runs;
	seat->last_read_at_ms = clock_wall_ms();
	if (seat->samples < SAMPLES_MAX) {
		seat->answer_us[seat->samples] =
			(int32_t)(now_mono_us - connection->sent_mono_us);
		seat->due_us[seat->samples] =
			(int32_t)(now_mono_us - connection->due_mono_us);
		seat->samples++;
	}
	connection->sending = NULL;
	sender->busy--;
	str_drop(&connection->in, answer->total);
	return 0;
}

static int receive(struct sender *sender, struct connection *connection)
{
	struct bench_http_answer answer;
	ssize_t n;
	int rc;

	n = recv(connection->fd, str_reserve(&connection->in, 65536), 65536, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return failed(sender, ERR_CONN, strerror(errno));
	if (n == 0)
		return failed(sender, ERR_CONN, "the API closed a connection");
	str_grew(&connection->in, (size_t)n);
	rc = bench_http_answer(str_text(&connection->in), connection->in.len, &answer);
	if (rc < 0 || (rc > 0 && !connection->sending))
		return failed(sender, ERR_PROTO, "an answer is not understood");
	return rc == 0 ? 0 : take_answer(sender, connection, &answer);
}

/* How long poll may sleep: until the next request is due, or an answer overdue. */
static struct timespec sleep_of(const struct sender *sender, int64_t patience_mono_us)
{
	int64_t until_mono_us = patience_mono_us, left_us;

	if (sender->plan->rate_per_s && !sender->over &&
	    sender->busy < (size_t)sender->plan->connections)
		until_mono_us = sender->shared->start_mono_us +
				sender->due_next * 1000000 / sender->plan->rate_per_s;
	left_us = until_mono_us - clock_mono_us();
	if (left_us < 0)
		left_us = 0;
	return (struct timespec){ left_us / 1000000, left_us % 1000000 * 1000 };
}

static int serve(struct sender *sender, int64_t patience_mono_us)
{
	struct pollfd watch[BENCH_LOAD_CONNECTIONS];
	struct timespec sleep = sleep_of(sender, patience_mono_us);
	int i, n = sender->plan->connections, rc = 0;

	for (i = 0; i < n; i++) {
		const struct connection *connection = &sender->connections[i];

		watch[i] = (struct pollfd){ .fd = connection->fd, .events = POLLIN };
		if (connection->sending && connection->sent < connection->sending->len)
			watch[i].events |= POLLOUT;
	}
	if (ppoll(watch, (nfds_t)n, &sleep, NULL) < 0)
		return errno == EINTR ? 0 : failed(sender, ERR_SYS, strerror(errno));
	for (i = 0; i < n && rc == 0; i++) {
		if (watch[i].revents & POLLOUT)
			rc = send_more(sender, &sender->connections[i]);
		if (rc == 0 && watch[i].revents & (POLLIN | POLLHUP | POLLERR))
			rc = receive(sender, &sender->connections[i]);
	}
	return rc;
}

static int send_all(struct sender *sender)
{
	int64_t patience_mono_us = sender->until_mono_us + ANSWER_MS * 1000;
	int i, rc = 0;

	for (i = 0; i < sender->plan->connections && rc == 0; i++)
		rc = open_connection(sender, &sender->connections[i]);
	while (rc == 0) {
		rc = start_what_is_due(sender);
		if (rc < 0 || (sender->over && !sender->busy))
			break;
		if (clock_mono_us() > patience_mono_us)
			rc = failed(sender, ERR_TIMEOUT, "answers do not come");
		else
			rc = serve(sender, patience_mono_us);
	}
	return rc;
}

static void load_process(const struct bench_load_plan *plan, struct shared *shared,
			 int index, pid_t parent) __attribute__((noreturn));

static void load_process(const struct bench_load_plan *plan, struct shared *shared,
			 int index, pid_t parent)
{
	struct sender *sender = mem_new(struct sender);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_TIMERSLACK, 1UL); /* sleeps end when they should */
	if (getppid() != parent)
		_exit(1);
	sender->plan = plan;
	sender->shared = shared;
	sender->seat = &shared->seats[index];
	sender->due_next = index;
	sender->until_mono_us = shared->start_mono_us + plan->duration_ms * 1000;
	_exit(send_all(sender) < 0 ? 1 : 0); /* the kernel frees what it had */
}

/* ---- in this process ---- */

static int make_shared(const struct bench_load_plan *plan, struct shared **ret,
		       size_t *size, struct err *err)
{
	void *at;

	*size = sizeof(**ret) + (size_t)plan->processes * sizeof(struct seat);
	at = mmap(NULL, *size, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED) {
		(void)err_errno(err, "memory for the load");
		return ERR_SYS;
	}
	*ret = at;
	return 0;
}

static void end_processes(pid_t *pids, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!pids[i])
			continue;
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
		pids[i] = 0;
	}
}

/* Until all have ended. One that failed ends it for all. */
static int await(pid_t *pids, int n, bool (*stop)(void *arg), void *arg, struct err *err)
{
	struct timespec pause = { 0, LOOK_MS * 1000000L };
	int left = n, status, i;

	while (left) {
		for (i = 0; i < n; i++) {
			if (!pids[i] || waitpid(pids[i], &status, WNOHANG) != pids[i])
				continue;
			pids[i] = 0;
			left--;
			if (status != 0)
				return err_set(err, ERR_CONN,
					       "a process of the load failed");
		}
		if (left && stop(arg))
			return err_set(err, ERR_CLOSED, "stopped");
		if (left)
			(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* What a process that failed has to say comes before that it did. */
static int gather(const struct bench_load_plan *plan, const struct shared *shared,
		  struct bench_load_result *ret, struct err *err)
{
	int i, rc = 0;
	int64_t k;

	for (i = 0; i < plan->processes; i++) {
		const struct seat *seat = &shared->seats[i];

		if (seat->rc < 0)
			rc = err_set(err, seat->rc, "the load: %s", seat->why);
		ret->sent += seat->sent;
		ret->accepted += seat->accepted;
		if (seat->sent && (!ret->first_sent_at_ms ||
				   seat->first_sent_at_ms < ret->first_sent_at_ms))
			ret->first_sent_at_ms = seat->first_sent_at_ms;
		if (seat->last_read_at_ms > ret->last_read_at_ms)
			ret->last_read_at_ms = seat->last_read_at_ms;
		for (k = 0; k < seat->samples; k++) {
			bench_samples_add(&ret->answer_us, seat->answer_us[k]);
			bench_samples_add(&ret->due_us, seat->due_us[k]);
		}
	}
	return rc;
}

int bench_load_run(const struct bench_load_plan *plan, bool (*stop)(void *arg), void *arg,
		   struct bench_load_result *ret, struct err *err)
{
	pid_t pids[BENCH_LOAD_PROCESSES] = { 0 }, parent = getpid();
	struct shared *shared = NULL;
	size_t size = 0;
	int i, rc, said;

	rc = make_shared(plan, &shared, &size, err);
	if (rc < 0)
		return rc;
	shared->start_mono_us = clock_mono_us() + 10000; /* when all have connected */
	for (i = 0; i < plan->processes && rc == 0; i++) {
		pids[i] = fork();
		if (pids[i] < 0) {
			pids[i] = 0;
			rc = err_errno(err, "fork");
		} else if (pids[i] == 0) {
			load_process(plan, shared, i, parent);
		}
	}
	if (rc == 0)
		rc = await(pids, plan->processes, stop, arg, err);
	end_processes(pids, plan->processes);
	said = gather(plan, shared, ret, err);
	(void)munmap(shared, size);
	return said < 0 ? said : rc;
}

void bench_load_result_deinit(struct bench_load_result *result)
{
	bench_samples_deinit(&result->answer_us);
	bench_samples_deinit(&result->due_us);
}
