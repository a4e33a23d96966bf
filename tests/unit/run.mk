if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_payload
tests_unit_test_payload_SOURCES = tests/unit/test_payload.c
endif
