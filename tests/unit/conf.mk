EXTRA_DIST += tests/unit/conf_fixture.h
if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_conf \
	tests/unit/test_conf_credentials \
	tests/unit/test_conf_diff \
	tests/unit/test_conf_env \
	tests/unit/test_conf_rows \
	tests/unit/test_conf_saved \
	tests/unit/test_conf_url \
	tests/unit/test_conf_value \
	tests/unit/test_conf_words \
	tests/unit/test_conf_yaml
endif
