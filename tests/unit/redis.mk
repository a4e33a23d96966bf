# The driver of the black-box tests: it waits for commands, so it is no unit test.
EXTRA_PROGRAMS += tests/blackbox/redis_driver
CLEANFILES += tests/blackbox/redis_driver
tests_blackbox_redis_driver_LDADD = $(SYN_LIBS) $(SYN_DEPS)
check-blackbox check-blackbox-asan: tests/blackbox/redis_driver
if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_redis_command \
	tests/unit/test_redis_pending \
	tests/unit/test_redis_reader \
	tests/unit/test_redis_url
endif
