if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_request tests/unit/test_server
tests_unit_test_request_SOURCES = tests/unit/test_request.c
tests_unit_test_request_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
tests_unit_test_server_SOURCES = tests/unit/test_server.c
endif
