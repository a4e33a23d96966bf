if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_control_frame
check_PROGRAMS += tests/unit/test_exit_code
check_PROGRAMS += tests/unit/test_frame
check_PROGRAMS += tests/unit/test_lifeline
check_PROGRAMS += tests/unit/test_score_before
check_PROGRAMS += tests/unit/test_score_recent
check_PROGRAMS += tests/unit/test_scoreboard
check_PROGRAMS += tests/unit/test_stack
endif
