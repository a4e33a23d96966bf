if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_blame \
	tests/unit/test_sweep
endif
