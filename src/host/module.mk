SYN_LIBS += src/host/libhost.a
noinst_LIBRARIES += src/host/libhost.a
src_host_libhost_a_SOURCES = \
	src/host/agent_cache.c \
	src/host/agent_cache.h \
	src/host/backlog.c \
	src/host/backlog.h \
	src/host/begin.c \
	src/host/begin.h \
	src/host/begin_inner.c \
	src/host/begin_inner.h \
	src/host/cancel_key.c \
	src/host/cancel_key.h \
	src/host/cancel_watch.c \
	src/host/cancel_watch.h \
	src/host/definition_cache.c \
	src/host/definition_cache.h \
	src/host/engine_side.c \
	src/host/gate.c \
	src/host/gate.h \
	src/host/ending.c \
	src/host/ending.h \
	src/host/held.c \
	src/host/held.h \
	src/host/host_scale.c \
	src/host/host_scale.h \
	src/host/host_scale_in.h \
	src/host/inner_source.c \
	src/host/inner_source.h \
	src/host/journal.c \
	src/host/journal.h \
	src/host/journal_people.c \
	src/host/journal_people.h \
	src/host/people.c \
	src/host/people.h \
	src/host/next_turn.c \
	src/host/next_turn.h \
	src/host/said.c \
	src/host/said.h \
	src/host/settle.c \
	src/host/settle.h \
	src/host/stream_end.c \
	src/host/stream_end.h
