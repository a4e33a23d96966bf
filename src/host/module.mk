SYN_LIBS += src/host/libhost.a
noinst_LIBRARIES += src/host/libhost.a
src_host_libhost_a_SOURCES = \
	src/host/backlog.c \
	src/host/backlog.h \
	src/host/begin.c \
	src/host/begin.h \
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
	src/host/failed_row.c \
	src/host/failed_row.h \
	src/host/file_run.c \
	src/host/file_run.h \
	src/host/file_stock.c \
	src/host/file_stock.h \
	src/host/held.c \
	src/host/held.h \
	src/host/host_file.c \
	src/host/host_file.h \
	src/host/host_file_adopt.c \
	src/host/host_file_begin.c \
	src/host/host_file_in.h \
	src/host/host_file_reopen.c \
	src/host/host_file_side.c \
	src/host/host_scale.c \
	src/host/host_scale.h \
	src/host/host_scale_in.h \
	src/host/journal.c \
	src/host/journal.h \
	src/host/settle.c \
	src/host/settle.h \
	src/host/stream_end.c \
	src/host/stream_end.h
