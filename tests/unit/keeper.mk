if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_blame \
	tests/unit/test_oom_kills \
	tests/unit/test_sweep
endif
