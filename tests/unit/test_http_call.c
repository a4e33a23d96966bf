/*
 * test_http_call.c - one blocking HTTP request
 *
 * The server is a child of this test that takes one connection on loopback, reads one
 * request and plays a script: bytes, then an end. What it read comes back by a pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/http_call.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum ending { CLOSE, RESET, STALL };

static struct {
	int fd;
	pid_t pid;
	int heard; /* pipe: what the server read */
	char url[64];
} server;

static void serve(int listener, int heard, const char *answer, enum ending ending)
{
	struct linger at_once = { 1, 0 };
	char request[8192];
	size_t len = 0;
	ssize_t n;
	int fd = accept(listener, NULL, NULL);

	while (len < sizeof(request) - 1) {
		const char *body;
		const char *length;

		n = read(fd, request + len, sizeof(request) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		request[len] = '\0';
		body = strstr(request, "\r\n\r\n");
		if (!body)
			continue;
		length = strcasestr(request, "content-length: ");
		if (!length || strlen(body + 4) >= (size_t)atoi(length + 16))
			break;
	}
	if (write(heard, request, len) < 0 || write(fd, answer, strlen(answer)) < 0)
		_exit(1);
	if (ending == STALL)
		(void)pause();
	if (ending == RESET)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	_exit(0);
}

static void start(const char *answer, enum ending ending)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int fds[2];

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server.fd, 4), 0);
	assert_int_equal(getsockname(server.fd, (struct sockaddr *)&at, &size), 0);
	(void)snprintf(server.url, sizeof(server.url), "http://127.0.0.1:%u/path?q=1",
		       ntohs(at.sin_port));
	assert_int_equal(pipe(fds), 0);
	server.pid = fork();
	assert_true(server.pid >= 0);
	if (server.pid == 0)
		serve(server.fd, fds[1], answer, ending);
	(void)close(fds[1]);
	server.heard = fds[0];
}

/* The request as the server read it; ends the server. */
static const char *stop(void)
{
	static char request[8192];
	ssize_t n;

	(void)kill(server.pid, SIGKILL);
	(void)waitpid(server.pid, NULL, 0);
	n = read(server.heard, request, sizeof(request) - 1);
	request[n > 0 ? n : 0] = '\0';
	(void)close(server.heard);
	(void)close(server.fd);
	return request;
}

static struct http_call get(void)
{
	return (struct http_call){
		.method = "GET",
		.url = server.url,
		.deadline_ms = 10000,
		.answer_max_bytes = 1000,
	};
}

static void an_answer_has_status_body_and_the_wanted_headers(void **state)
{
	static const char *const wanted[] = { "retry-after", "X-None", "etag", NULL };
	struct http_answer answer;
	struct http_call call;
	struct err err = { 0 };
	const char *request;

	(void)state;
	start("HTTP/1.1 429 Too Many\r\nRetry-After:   7 \r\nETag: \"x\"\r\n"
	      "Content-Length: 5\r\n\r\nhello",
	      CLOSE);
	call = get();
	call.wanted = wanted;
	assert_int_equal(http_call(&call, &answer, &err), 0);
	assert_int_equal(answer.status, 429);
	assert_string_equal(str_text(&answer.body), "hello");
	assert_string_equal(answer.wanted[0], "7");
	assert_null(answer.wanted[1]);
	assert_string_equal(answer.wanted[2], "\"x\"");
	http_answer_deinit(&answer);
	request = stop();
	assert_memory_equal(request, "GET /path?q=1 HTTP/1.1\r\n", 24);
	assert_null(strcasestr(request, "expect"));
	assert_null(strcasestr(request, "content-length"));
}

static void a_body_and_headers_are_sent(void **state)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       "Authorization: Bearer k", NULL };
	struct http_answer answer;
	struct http_call call;
	const char *request;

	(void)state;
	start("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", CLOSE);
	call = get();
	call.method = "POST";
	call.headers = headers;
	call.body = "{\"a\":1}";
	call.body_len = 7;
	assert_int_equal(http_call(&call, &answer, NULL), 0);
	assert_int_equal(answer.status, 202);
	http_answer_deinit(&answer);
	request = stop();
	assert_memory_equal(request, "POST /path", 10);
	assert_non_null(strstr(request, "Authorization: Bearer k\r\n"));
	assert_non_null(strstr(request, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(request, "Content-Length: 7\r\n"));
	assert_string_equal(strstr(request, "\r\n\r\n") + 4, "{\"a\":1}");
}

static void a_post_without_a_body_says_so(void **state)
{
	struct http_answer answer;
	struct http_call call;

	(void)state;
	start("HTTP/1.1 204 No Content\r\n\r\n", CLOSE);
	call = get();
	call.method = "POST";
	assert_int_equal(http_call(&call, &answer, NULL), 0);
	assert_int_equal(answer.status, 204);
	assert_int_equal(answer.body.len, 0);
	http_answer_deinit(&answer);
	assert_non_null(strstr(stop(), "Content-Length: 0\r\n"));
}

static void a_redirect_is_an_answer_and_nobodys_order(void **state)
{
	static const char *const wanted[] = { "location", NULL };
	struct http_answer answer;
	struct http_call call;

	(void)state;
	start("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
	      "Content-Length: 0\r\n\r\n",
	      CLOSE);
	call = get();
	call.wanted = wanted;
	assert_int_equal(http_call(&call, &answer, NULL), 0);
	assert_int_equal(answer.status, 302);
	assert_string_equal(answer.wanted[0], "http://127.0.0.1:1/");
	http_answer_deinit(&answer);
	(void)stop();
}

static void headers_of_an_interim_answer_are_forgotten(void **state)
{
	static const char *const wanted[] = { "x-a", "x-b", NULL };
	struct http_answer answer;
	struct http_call call;

	(void)state;
	start("HTTP/1.1 103 Early\r\nX-A: early\r\n\r\n"
	      "HTTP/1.1 200 OK\r\nX-B: 1\r\nx-b: 2\r\nContent-Length: 0\r\n\r\n",
	      CLOSE);
	call = get();
	call.wanted = wanted;
	assert_int_equal(http_call(&call, &answer, NULL), 0);
	assert_int_equal(answer.status, 200);
	assert_null(answer.wanted[0]);
	assert_string_equal(answer.wanted[1], "2");
	http_answer_deinit(&answer);
	(void)stop();
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
	struct http_answer answer;
	struct http_call call;

	(void)state;
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("all_proxy", "http://127.0.0.1:1", 1);
	start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", CLOSE);
	call = get();
	assert_int_equal(http_call(&call, &answer, NULL), 0);
	http_answer_deinit(&answer);
	(void)stop();
	(void)unsetenv("http_proxy");
	(void)unsetenv("all_proxy");
}

static int outcome(const char *script, enum ending ending, int64_t deadline_ms)
{
	struct http_answer answer;
	struct http_call call;
	struct err err = { 0 };
	int rc;

	start(script, ending);
	call = get();
	call.deadline_ms = deadline_ms;
	rc = http_call(&call, &answer, &err);
	(void)stop();
	if (rc == 0)
		http_answer_deinit(&answer);
	else
		assert_true(err.text[0] && err.code == rc);
	return rc;
}

static void every_way_to_fail_has_its_code(void **state)
{
	char large[1200];

	(void)state;
	(void)snprintf(large, sizeof(large),
		       "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n%01001d", 0);
	assert_int_equal(outcome(large, CLOSE, 10000), ERR_LIMIT);
	assert_int_equal(outcome("", CLOSE, 10000), ERR_CONN);
	assert_int_equal(outcome("", RESET, 10000), ERR_CONN);
	assert_int_equal(outcome("HTTP/1.1 200 OK\r\nContent-Le", RESET, 10000),
			 ERR_CONN);
	assert_int_equal(outcome("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
				 CLOSE, 10000),
			 ERR_CONN);
	assert_int_equal(outcome("220 mail.example ESMTP\r\n", CLOSE, 10000), ERR_PROTO);
	assert_int_equal(outcome("", STALL, 200), ERR_TIMEOUT);
	assert_int_equal(
		outcome("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", STALL, 200),
		ERR_TIMEOUT);
}

static void exactly_the_limit_is_taken(void **state)
{
	char script[1200];

	(void)state;
	(void)snprintf(script, sizeof(script),
		       "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%01000d", 0);
	assert_int_equal(outcome(script, CLOSE, 10000), 0);
}

static void what_cannot_be_sent_is_refused(void **state)
{
	static const char *const split[] = { "X-A: b\r\nX-C: d", NULL };
	static const char *const urls[] = { "", "file:///etc/passwd", "gopher://x/",
					    "http://[::1", "http://h:99999/" };
	struct http_call call = { .method = "GET",
				  .url = "http://127.0.0.1:1/",
				  .deadline_ms = 5000,
				  .answer_max_bytes = 100 };
	struct http_answer answer;
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(http_call(&call, &answer, &err), ERR_CONN);
	call.headers = split;
	assert_int_equal(http_call(&call, &answer, &err), ERR_INPUT);
	call.headers = NULL;
	for (i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		call.url = urls[i];
		assert_int_equal(http_call(&call, &answer, &err), ERR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_status_body_and_the_wanted_headers),
		cmocka_unit_test(a_body_and_headers_are_sent),
		cmocka_unit_test(a_post_without_a_body_says_so),
		cmocka_unit_test(a_redirect_is_an_answer_and_nobodys_order),
		cmocka_unit_test(headers_of_an_interim_answer_are_forgotten),
		cmocka_unit_test(a_proxy_of_the_environment_is_not_asked),
		cmocka_unit_test(every_way_to_fail_has_its_code),
		cmocka_unit_test(exactly_the_limit_is_taken),
		cmocka_unit_test(what_cannot_be_sent_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
