SYN_LIBS += src/conf/libconf.a
noinst_LIBRARIES += src/conf/libconf.a
src_conf_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
src_conf_libconf_a_SOURCES = \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/conf_box.h \
	src/conf/conf_build.c \
	src/conf/conf_build.h \
	src/conf/conf_credentials.c \
	src/conf/conf_credentials.h \
	src/conf/conf_diff.c \
	src/conf/conf_diff.h \
	src/conf/conf_env.c \
	src/conf/conf_env.h \
	src/conf/conf_errors.c \
	src/conf/conf_errors.h \
	src/conf/conf_rows.c \
	src/conf/conf_rows.h \
	src/conf/conf_sample.c \
	src/conf/conf_sample.h \
	src/conf/conf_saved.c \
	src/conf/conf_saved.h \
	src/conf/conf_url.c \
	src/conf/conf_url.h \
	src/conf/conf_value.c \
	src/conf/conf_value.h \
	src/conf/conf_words.c \
	src/conf/conf_words.h \
	src/conf/conf_yaml.c \
	src/conf/conf_yaml.h
