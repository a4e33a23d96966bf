if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_request tests/unit/test_server tests/unit/test_sse
tests_unit_test_request_SOURCES = tests/unit/test_request.c
tests_unit_test_request_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
LOOPBACK = tests/unit/loopback.c tests/unit/loopback.h
tests_unit_test_server_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_server_SOURCES = tests/unit/test_server.c $(LOOPBACK)
tests_unit_test_sse_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit $(MHD_CFLAGS)
tests_unit_test_sse_SOURCES = tests/unit/test_sse.c $(LOOPBACK)
endif
