SYN_LIBS += src/run/librun.a
noinst_LIBRARIES += src/run/librun.a
src_run_librun_a_SOURCES = \
	src/run/definition.c \
	src/run/definition.h \
	src/run/fail.c \
	src/run/fail.h \
	src/run/history.c \
	src/run/history.h \
	src/run/jsontext.c \
	src/run/jsontext.h \
	src/run/model.c \
	src/run/model.h \
	src/run/outcome.c \
	src/run/outcome.h \
	src/run/payload.c \
	src/run/payload.h \
	src/run/problem.c \
	src/run/problem.h \
	src/run/state.c \
	src/run/state.h \
	src/run/template.c \
	src/run/template.h
