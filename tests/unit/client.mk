if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_egress
check_PROGRAMS += tests/unit/test_http_call
check_PROGRAMS += tests/unit/test_http_pool
check_PROGRAMS += tests/unit/test_sse_parser
endif
