/*
 * sse_crowd.c - thousands of EventSources in one process, each of which counts
 *
 *     sse_crowd PORT KEY CLIENTS [RETRY_MS]
 *
 * Standard input: a run id a line, an empty line, then commands. Client i follows run
 * i % runs. Each behaves as an EventSource: it comes again with Last-Event-ID after the
 * stream's own `retry` (or RETRY_MS, if given), twice as late after each attempt in a
 * row that came to nothing. What no browser forgives, an answer other than 200,
 * is counted by its status, and tried again here.
 *
 * Of durable events each client has seen 1, 2, 3 ... of `seq`: what is left out is a
 * hole, what comes again a double, as is an id that does not rise. An event of type
 * `probe` (harness: XADD by the test) has a number `n` of its own that must rise by one,
 * and `at_us`, the wall clock when it was sent: its delay counts if this client's stream
 * was open by then.
 *
 *   report NAME   a line of JSON: what was since the last report
 *   ends          a line for each run: the lowest and highest `seq` that a client of it
 *                 has, and how many of its clients have seen the end; then an empty line
 *   quit
 *
 * Unasked it prints {"all":"open"} whenever the last client gets its head, and
 * {"all":"complete"} when all streams have ended in order.
 *
 * One thread, one epoll set, no allocation per event; so what is measured is the server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OPENING_MAX  256        /* at the same time, the first time */
#define PER_ADDRESS  4000       /* clients of one address of ours */
#define RETRY_MS     3000       /* until the stream has said another */
#define DOUBLINGS    4          /* of the wait */
#define LINE_MAX_LEN (1u << 20) /* more in one line is a failure of the server */
#define STATUS_MAX   600
#define HEAD_MAX     ((size_t)4096)
#define TICK_MS      5

enum state { NEW, WAITING, CONNECTING, HEAD, STREAM, COMPLETE };
enum chunk { CHUNK_SIZE, CHUNK_DATA, CHUNK_END };

struct client {
	int fd;
	enum state state;
	enum chunk chunk;
	size_t chunk_left;
	char *line; /* a line that is not whole yet */
	size_t len, room;
	int64_t due_us;    /* WAITING: when it comes again */
	int64_t cut_us;    /* when it lost its stream; 0: has one */
	int64_t opened_us; /* wall clock, when the head was there */
	unsigned fails, retry_ms;
	int run;
	uint64_t seq, probe;
	uint64_t id_ms, id_n;           /* of the last event */
	uint64_t pending_ms, pending_n; /* of the event that is being read */
	bool has_pending, has_id, done, over;
};

struct samples {
	uint32_t *us;
	size_t count, room;
};

static struct client *clients;
static int client_count, run_count;
static char **run_ids;
static int epoll_fd;
static int port;
static const char *key;
static unsigned retry_override;
static int states[COMPLETE + 1];
static bool told_open;

/* Since the last report. */
static struct phase {
	uint64_t events, holes, doubles, gaps, cuts, failed, broken;
	uint64_t refused[STATUS_MAX];
} phase;
static struct samples probes, backs, firsts;

static int64_t now_us(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *grow(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);

	if (!p)
		die("realloc");
	return p;
}

static void move(struct client *c, enum state state)
{
	states[c->state]--;
	states[state]++;
	c->state = state;
}

/* -- figures -- */

static void add(struct samples *s, int64_t us)
{
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 4096;
		s->us = grow(s->us, s->room * sizeof(*s->us));
	}
	s->us[s->count++] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void print_samples(const char *name, struct samples *s)
{
	if (s->count)
		qsort(s->us, s->count, sizeof(*s->us), compare);
	printf(",\"%s\":{\"n\":%zu", name, s->count);
	if (s->count)
		printf(",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f",
		       s->us[s->count / 2] / 1e3, s->us[s->count * 99 / 100] / 1e3,
		       s->us[s->count - 1] / 1e3);
	printf("}");
	s->count = 0;
}

static void report(const char *name)
{
	struct rusage usage;
	const char *comma = "";
	int i;

	(void)getrusage(RUSAGE_SELF, &usage);
	printf("{\"phase\":\"%s\",\"open\":%d,\"complete\":%d,\"events\":%" PRIu64
	       ",\"holes\":%" PRIu64 ",\"doubles\":%" PRIu64 ",\"gaps\":%" PRIu64
	       ",\"cuts\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"broken\":%" PRIu64
	       ",\"cpu_s\":%.2f,\"refused\":{",
	       name, states[STREAM], states[COMPLETE], phase.events, phase.holes,
	       phase.doubles, phase.gaps, phase.cuts, phase.failed, phase.broken,
	       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	for (i = 0; i < STATUS_MAX; i++) {
		if (!phase.refused[i])
			continue;
		printf("%s\"%d\":%" PRIu64, comma, i, phase.refused[i]);
		comma = ",";
	}
	printf("}");
	print_samples("probe", &probes); /* from its XADD to the client */
	print_samples("back", &backs);   /* from the cut to the next head */
	print_samples("first", &firsts); /* from the cut to the next event */
	printf("}\n");
	(void)fflush(stdout);
	memset(&phase, 0, sizeof(phase));
}

static void ends(void)
{
	int run, i;

	for (run = 0; run < run_count; run++) {
		uint64_t low = UINT64_MAX, high = 0;
		int done = 0, all = 0;

		for (i = run; i < client_count; i += run_count) {
			low = clients[i].seq < low ? clients[i].seq : low;
			high = clients[i].seq > high ? clients[i].seq : high;
			done += clients[i].state == COMPLETE && clients[i].done;
			all++;
		}
		printf("%s %" PRIu64 " %" PRIu64 " %d %d\n", run_ids[run], low, high,
		       done, all);
	}
	printf("\n");
	(void)fflush(stdout);
}

/* -- a connection -- */

static void watch(struct client *c, uint32_t events, int op)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(epoll_fd, op, c->fd, &e) < 0)
		die("epoll_ctl");
}

static void hang_up(struct client *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->len = 0;
	c->has_pending = c->over = false;
}

static void lost(struct client *c)
{
	int64_t now = now_us(CLOCK_MONOTONIC);
	unsigned wait_ms = retry_override ? retry_override : c->retry_ms;

	hang_up(c);
	if (c->state == STREAM) {
		phase.cuts++;
		c->cut_us = now;
		c->fails = 0;
		told_open = false;
	} else {
		phase.failed++;
		c->fails += c->fails < DOUBLINGS;
	}
	c->due_us = now + ((int64_t)wait_ms << c->fails) * 1000;
	move(c, WAITING);
}

static void complete(struct client *c)
{
	hang_up(c);
	free(c->line);
	c->line = NULL;
	move(c, COMPLETE);
	if (states[COMPLETE] == client_count) {
		printf("{\"all\":\"complete\"}\n");
		(void)fflush(stdout);
	}
}

static void start(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	struct sockaddr_in from = { .sin_family = AF_INET };
	int index = (int)(c - clients), one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr =
		htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index / PER_ADDRESS));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(c->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		die("bind");
	move(c, CONNECTING);
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS)
		lost(c);
	else
		watch(c, EPOLLOUT, EPOLL_CTL_ADD);
}

static void ask(struct client *c)
{
	char text[1024];
	int error = 0, n;
	socklen_t len = sizeof(error);

	(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		lost(c);
		return;
	}
	n = snprintf(text, sizeof(text),
		     "GET /api/v2/orchestrations/runs/%s/stream HTTP/1.1\r\nHost: a\r\n"
		     "Accept: text/event-stream\r\nAuthorization: Bearer %s\r\n",
		     run_ids[c->run], key);
	if (c->has_id)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "Last-Event-ID: %" PRIu64 "-%" PRIu64 "\r\n", c->id_ms,
			      c->id_n);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
	if (send(c->fd, text, (size_t)n, MSG_NOSIGNAL) != n) {
		lost(c);
		return;
	}
	move(c, HEAD);
	watch(c, EPOLLIN, EPOLL_CTL_MOD);
}

/* -- what comes -- */

static bool field(const char *text, size_t len, const char *name, uint64_t *ret)
{
	size_t n = strlen(name), i;

	for (i = len; i-- > 0;) { /* ours are at the end */
		if (len - i > n && memcmp(text + i, name, n) == 0) {
			*ret = strtoull(text + i + n, NULL, 10);
			return true;
		}
	}
	return false;
}

static bool begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void take_number(uint64_t *last, uint64_t n)
{
	if (n <= *last)
		phase.doubles++;
	else if (n != *last + 1)
		phase.holes++;
	if (n > *last)
		*last = n;
}

static void take_data(struct client *c, const char *text, size_t len)
{
	uint64_t n, at_us;

	if (begins(text, len, "{\"type\":\"stream_complete\"")) {
		c->over = true;
		return;
	}
	if (begins(text, len, "{\"type\":\"gap\"")) {
		phase.gaps++;
		return;
	}
	phase.events++;
	if (c->cut_us) {
		add(&firsts, now_us(CLOCK_MONOTONIC) - c->cut_us);
		c->cut_us = 0;
	}
	if (c->has_pending) {
		if (c->has_id && (c->pending_ms < c->id_ms ||
				  (c->pending_ms == c->id_ms && c->pending_n <= c->id_n)))
			phase.doubles++;
		c->id_ms = c->pending_ms;
		c->id_n = c->pending_n;
		c->has_id = true;
		c->has_pending = false;
	}
	if (begins(text, len, "{\"type\":\"probe\"")) {
		if (!field(text, len, "\"n\":", &n) ||
		    !field(text, len, "\"at_us\":", &at_us)) {
			phase.broken++;
			return;
		}
		take_number(&c->probe, n);
		if ((int64_t)at_us > c->opened_us)
			add(&probes, now_us(CLOCK_REALTIME) - (int64_t)at_us);
		return;
	}
	if (field(text, len, ",\"seq\":", &n)) {
		uint64_t sub;
		const char *tail = text + (len > 24 ? len - 24 : 0);

		if (!field(tail, (size_t)(text + len - tail), ",\"sub\":", &sub))
			take_number(&c->seq, n);
	}
	if (begins(text, len, "{\"type\":\"done\""))
		c->done = true;
}

static void take_line(struct client *c, const char *text, size_t len)
{
	if (begins(text, len, "data: "))
		take_data(c, text + 6, len - 6);
	else if (begins(text, len, "id: "))
		c->has_pending = sscanf(text + 4, "%" SCNu64 "-%" SCNu64, &c->pending_ms,
					&c->pending_n) == 2;
	else if (begins(text, len, "retry: "))
		c->retry_ms = (unsigned)strtoul(text + 7, NULL, 10);
	else if (len && text[0] != ':')
		phase.broken++;
}

/* A line end is in text[0..len): the line, with what was kept of it. Returns its length
 * there, or 0 if there is no whole one (it is kept). */
static size_t cut_line(struct client *c, const char *text, size_t len, const char **line,
		       size_t *line_len)
{
	const char *end = memchr(text, '\n', len);
	size_t n = end ? (size_t)(end - text) + 1 : len;

	if (end && !c->len) {
		*line = text;
		*line_len = n - 1;
		return n;
	}
	if (c->len + n + 1 > c->room) {
		if (c->len + n > LINE_MAX_LEN) {
			(void)fprintf(stderr, "a line of more than 1 MiB\n");
			exit(1);
		}
		c->room = (c->len + n + 1) * 2;
		c->line = grow(c->line, c->room);
	}
	memcpy(c->line + c->len, text, n);
	c->len += n;
	c->line[c->len] = '\0';
	if (!end)
		return 0;
	*line = c->line;
	*line_len = c->len - 1;
	c->len = 0;
	return n;
}

static void take_text(struct client *c, const char *text, size_t len)
{
	const char *line;
	size_t line_len, n;

	while (len) {
		n = cut_line(c, text, len, &line, &line_len);
		if (!n)
			return;
		take_line(c, line, line_len);
		text += n;
		len -= n;
	}
}

/* Past the head; the rest of text is of the stream. NULL: it is not whole, or refused. */
static const char *take_head(struct client *c, const char *text, size_t *len)
{
	const char *end, *rest;
	unsigned status;
	size_t n = *len;

	if (n > HEAD_MAX - c->len)
		n = HEAD_MAX - c->len; /* the rest is of the stream */
	if (c->len + n + 1 > c->room) {
		c->room = c->len + n + 1;
		c->line = grow(c->line, c->room);
	}
	memcpy(c->line + c->len, text, n);
	c->line[c->len + n] = '\0';
	end = strstr(c->line, "\r\n\r\n");
	if (!end) {
		c->len += n;
		if (c->len == HEAD_MAX) {
			phase.broken++;
			lost(c);
		}
		return NULL;
	}
	status = (unsigned)strtoul(c->line + strlen("HTTP/1.1 "), NULL, 10);
	rest = text + ((size_t)(end + 4 - c->line) - c->len);
	*len -= (size_t)(rest - text);
	c->len = 0;
	if (status != 200) {
		phase.refused[status < STATUS_MAX ? status : 0]++;
		lost(c);
		return NULL;
	}
	if (c->cut_us)
		add(&backs, now_us(CLOCK_MONOTONIC) - c->cut_us);
	c->opened_us = now_us(CLOCK_REALTIME);
	c->fails = 0;
	c->chunk = CHUNK_SIZE;
	c->chunk_left = 0;
	move(c, STREAM);
	if (!told_open && states[STREAM] + states[COMPLETE] == client_count) {
		told_open = true;
		printf("{\"all\":\"open\"}\n");
		(void)fflush(stdout);
	}
	return rest;
}

static void take_chunks(struct client *c, const char *text, size_t len)
{
	while (len && c->state == STREAM) {
		size_t n;

		switch (c->chunk) {
		case CHUNK_SIZE:
			if (*text == '\n') {
				c->chunk = c->chunk_left ? CHUNK_DATA : CHUNK_END;
				if (!c->chunk_left) {
					if (c->over)
						complete(c);
					else /* a drain: it comes again */
						lost(c);
					return;
				}
			} else if (*text != '\r') {
				char c1 = *text;

				c->chunk_left =
					c->chunk_left * 16 +
					(size_t)(c1 <= '9' ? c1 - '0'
							   : (c1 | 32) - 'a' + 10);
			}
			text++;
			len--;
			break;
		case CHUNK_DATA:
			n = len < c->chunk_left ? len : c->chunk_left;
			take_text(c, text, n);
			text += n;
			len -= n;
			c->chunk_left -= n;
			if (!c->chunk_left)
				c->chunk = CHUNK_END;
			break;
		case CHUNK_END: /* the line end behind the data */
			if (*text == '\n')
				c->chunk = CHUNK_SIZE;
			text++;
			len--;
			break;
		}
	}
}

static void receive(struct client *c)
{
	static char buf[256 * 1024];
	const char *text = buf;
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);
	size_t len = (size_t)n;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(c);
		return;
	}
	if (c->state == HEAD)
		text = take_head(c, text, &len);
	if (text)
		take_chunks(c, text, len);
}

/* -- time and commands -- */

static void start_due(void)
{
	static int next;
	int64_t now;
	int i;

	while (next < client_count && states[CONNECTING] + states[HEAD] < OPENING_MAX)
		start(&clients[next++]);
	if (!states[WAITING])
		return;
	now = now_us(CLOCK_MONOTONIC);
	for (i = 0; i < client_count; i++)
		if (clients[i].state == WAITING && clients[i].due_us <= now)
			start(&clients[i]);
}

static void command(void)
{
	static char buf[4096];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, buf + len, sizeof(buf) - 1 - len);
	char *end;

	if (n <= 0)
		exit(0);
	len += (size_t)n;
	while ((end = memchr(buf, '\n', len)) != NULL) {
		size_t used = (size_t)(end - buf) + 1;

		*end = '\0';
		if (strncmp(buf, "report ", 7) == 0)
			report(buf + 7);
		else if (strcmp(buf, "ends") == 0)
			ends();
		else if (strcmp(buf, "quit") == 0)
			exit(0);
		memmove(buf, buf + used, len - used);
		len -= used;
	}
}

/* Byte by byte: what stands behind the empty line is for command(). */
static void read_runs(void)
{
	char line[256];
	size_t len = 0;

	while (read(STDIN_FILENO, line + len, 1) == 1) {
		if (line[len] != '\n') {
			if (++len == sizeof(line))
				exit(2);
			continue;
		}
		if (len == 0)
			return;
		line[len] = '\0';
		run_ids = grow(run_ids, (size_t)(run_count + 1) * sizeof(*run_ids));
		run_ids[run_count] = strdup(line);
		if (!run_ids[run_count++])
			die("strdup");
		len = 0;
	}
	exit(2);
}

int main(int argc, char **argv)
{
	struct epoll_event events[512], in = { .events = EPOLLIN };
	struct rlimit files;
	int i, n;

	if (argc < 4)
		return 2;
	port = atoi(argv[1]);
	key = argv[2];
	client_count = atoi(argv[3]);
	retry_override = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	read_runs();
	if (!run_count || client_count < 1)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &in) < 0)
		die("epoll");
	clients = calloc((size_t)client_count, sizeof(*clients));
	if (!clients)
		die("calloc");
	for (i = 0; i < client_count; i++) {
		clients[i].fd = -1;
		clients[i].run = i % run_count;
		clients[i].retry_ms = RETRY_MS;
	}
	states[NEW] = client_count;
	for (;;) {
		start_due();
		n = epoll_wait(epoll_fd, events, 512, TICK_MS);
		for (i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if (!c)
				command();
			else if (c->state == CONNECTING)
				ask(c);
			else if (c->fd >= 0)
				receive(c);
		}
	}
}
