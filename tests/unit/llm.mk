if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_mock
check_PROGRAMS += tests/unit/test_mock_agent
check_PROGRAMS += tests/unit/test_oaic_answer
check_PROGRAMS += tests/unit/test_oaic_body
check_PROGRAMS += tests/unit/test_oaic_calls
endif
