SYN_LIBS += src/run/librun.a
noinst_LIBRARIES += src/run/librun.a
src_run_librun_a_SOURCES = \
	src/run/payload.c \
	src/run/payload.h
