/* test_request.c - taking a URI apart and bounding a body, without a connection */
#include "base/mem.h"
#include "server/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct server server;

static struct request *parsed(const char *uri, int status)
{
	struct request *req = request_new(&server, NULL, uri);

	assert_int_equal(request_parse(req, "GET"), status);
	return req;
}

static void a_path_is_cut_at_its_slashes(void **state)
{
	struct request *req = parsed("/api/v2/runs?limit=3", 0);

	(void)state;
	assert_int_equal(request_segment_count(req), 3);
	assert_string_equal(request_segment(req, 0), "api");
	assert_string_equal(request_segment(req, 1), "v2");
	assert_string_equal(request_segment(req, 2), "runs");
	assert_string_equal(request_segment(req, 3), "");
	request_free(req);
}

static void an_encoded_slash_stays_in_its_segment(void **state)
{
	struct request *req = parsed("/a%2Fb/c%20d+e", 0);

	(void)state;
	assert_int_equal(request_segment_count(req), 2);
	assert_string_equal(request_segment(req, 0), "a/b");
	assert_string_equal(request_segment(req, 1), "c d+e");
	request_free(req);
}

static void a_trailing_slash_is_an_empty_segment(void **state)
{
	struct request *req = parsed("/a/", 0);

	(void)state;
	assert_int_equal(request_segment_count(req), 2);
	assert_string_equal(request_segment(req, 1), "");
	request_free(req);
}

static void bad_escapes_are_refused(void **state)
{
	static const char *const uris[] = {
		"/%",         "/%4",     "/%zz",    "/a%0",    "/%00",
		"/%ff",       "/?a=%",   "/?%zz=1", "/?a=%00", "/?a=%c3%28",
		"/%ed%a0%80", "noslash", "*",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(uris) / sizeof(*uris); i++)
		request_free(parsed(uris[i], 400));
}

static void too_many_segments_or_parameters_are_refused(void **state)
{
	char uri[512] = "";
	int i;

	(void)state;
	for (i = 0; i < REQUEST_SEGMENTS_MAX; i++)
		strcat(uri, "/s");
	request_free(parsed(uri, 0));
	strcat(uri, "/s");
	request_free(parsed(uri, 414));

	strcpy(uri, "/?a=1");
	for (i = 1; i < REQUEST_PARAMS_MAX; i++)
		strcat(uri, "&b=2");
	request_free(parsed(uri, 0));
	strcat(uri, "&c=3");
	request_free(parsed(uri, 414));
}

static void the_last_parameter_of_a_name_counts(void **state)
{
	struct request *req = parsed("/x?a=1&&b&a=2&c=x%3Dy+z&=q", 0);

	(void)state;
	assert_string_equal(request_query(req, "a"), "2");
	assert_string_equal(request_query(req, "b"), "");
	assert_string_equal(request_query(req, "c"), "x=y z");
	assert_null(request_query(req, "d"));
	request_free(req);
}

static void a_body_grows_up_to_its_bound(void **state)
{
	struct request *req = parsed("/x", 0);
	char chunk[1000];
	size_t len;
	int i;

	(void)state;
	memset(chunk, 'a', sizeof(chunk));
	server.options.bodies_max_bytes = 1 << 20;
	req->body_max = 10000;
	for (i = 0; i < 10; i++)
		assert_int_equal(request_body_add(req, chunk, sizeof(chunk)), 0);
	assert_int_equal(request_body_add(req, chunk, 1), 413);
	assert_int_equal(strlen(request_body(req, &len)), 10000);
	assert_int_equal(len, 10000);
	assert_true(server.bodies_bytes >= 10000);
	request_free(req);
	assert_int_equal(server.bodies_bytes, 0);
}

static void all_bodies_together_have_a_bound(void **state)
{
	struct request *one = parsed("/x", 0);
	struct request *two = parsed("/x", 0);
	char chunk[3000] = { 0 };

	(void)state;
	server.options.bodies_max_bytes = 4096;
	request_known(one);
	request_known(two);
	one->body_max = two->body_max = 10000;
	assert_int_equal(request_body_add(one, chunk, sizeof(chunk)), 0);
	assert_int_equal(request_body_add(two, chunk, sizeof(chunk)), 503);
	request_body_drop(one);
	assert_int_equal(request_body_add(two, chunk, sizeof(chunk)), 0);
	request_free(one);
	request_free(two);
}

static void strangers_have_a_quarter_of_the_room(void **state)
{
	struct request *stranger = parsed("/x", 0);
	struct request *known = parsed("/x", 0);
	char chunk[4000] = { 0 };

	(void)state;
	server.options.bodies_max_bytes = 4 * 4096 + 4095;
	request_known(known);
	stranger->body_max = known->body_max = 10000;
	assert_int_equal(request_body_add(stranger, chunk, sizeof(chunk)), 0);
	assert_int_equal(request_body_add(stranger, chunk, sizeof(chunk)), 503);
	assert_int_equal(request_body_add(known, chunk, sizeof(chunk)), 0);
	assert_int_equal(request_body_add(known, chunk, sizeof(chunk)), 0);
	request_free(stranger);
	request_free(known);
	assert_int_equal(server.bodies_bytes, 0);
	assert_int_equal(server.strangers_bytes, 0);
}

static void a_stranger_may_send_the_largest_body(void **state)
{
	struct request *one = parsed("/x", 0);
	struct request *two = parsed("/x", 0);
	char chunk[5000] = { 0 };

	(void)state;
	server.options.bodies_max_bytes = 4 * 5000;
	server.options.body_max_bytes = 10000;
	one->body_max = two->body_max = 10000;
	assert_int_equal(request_body_add(one, chunk, sizeof(chunk)), 0);
	assert_int_equal(request_body_add(one, chunk, sizeof(chunk)), 0);
	assert_int_equal(request_body_add(two, chunk, 1), 503);
	request_free(one);
	request_free(two);
	server.options.body_max_bytes = 0;
}

static void the_largest_body_takes_what_it_needs_and_no_more(void **state)
{
	struct request *req = parsed("/x", 0);
	char chunk[5000] = { 0 };

	(void)state;
	server.options.bodies_max_bytes = 5001;
	request_known(req);
	req->body_max = 5000;
	assert_int_equal(request_body_add(req, chunk, 100), 0);
	assert_int_equal(request_body_add(req, chunk, 4900), 0);
	assert_int_equal(server.bodies_bytes, 5001);
	assert_int_equal(request_body_add(req, chunk, 1), 413);
	request_free(req);
	assert_int_equal(server.bodies_bytes, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_cut_at_its_slashes),
		cmocka_unit_test(an_encoded_slash_stays_in_its_segment),
		cmocka_unit_test(a_trailing_slash_is_an_empty_segment),
		cmocka_unit_test(bad_escapes_are_refused),
		cmocka_unit_test(too_many_segments_or_parameters_are_refused),
		cmocka_unit_test(the_last_parameter_of_a_name_counts),
		cmocka_unit_test(a_body_grows_up_to_its_bound),
		cmocka_unit_test(all_bodies_together_have_a_bound),
		cmocka_unit_test(strangers_have_a_quarter_of_the_room),
		cmocka_unit_test(a_stranger_may_send_the_largest_body),
		cmocka_unit_test(the_largest_body_takes_what_it_needs_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
