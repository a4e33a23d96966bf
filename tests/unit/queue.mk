if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_queue_group \
	tests/unit/test_queue_job \
	tests/unit/test_queue_mail \
	tests/unit/test_queue_names
endif
