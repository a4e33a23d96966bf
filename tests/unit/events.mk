if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_chat_view
check_PROGRAMS += tests/unit/test_cursor tests/unit/test_fifo
check_PROGRAMS += tests/unit/test_publish
check_PROGRAMS += tests/unit/test_v1_view
endif
