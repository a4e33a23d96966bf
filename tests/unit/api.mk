if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_auth
check_PROGRAMS += tests/unit/test_body
check_PROGRAMS += tests/unit/test_bulk_scan
check_PROGRAMS += tests/unit/test_errors
check_PROGRAMS += tests/unit/test_file_walk
check_PROGRAMS += tests/unit/test_front
tests_unit_test_front_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_front_SOURCES = tests/unit/test_front.c $(LOOPBACK)
check_PROGRAMS += tests/unit/test_home_queue
check_PROGRAMS += tests/unit/test_memo
check_PROGRAMS += tests/unit/test_read_gate
check_PROGRAMS += tests/unit/test_routes
check_PROGRAMS += tests/unit/test_session_files
check_PROGRAMS += tests/unit/test_stream_id
check_PROGRAMS += tests/unit/test_why
endif
