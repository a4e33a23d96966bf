SYN_LIBS += src/events/libevents.a
noinst_LIBRARIES += src/events/libevents.a
src_events_libevents_a_SOURCES = \
	src/events/cursor.c \
	src/events/cursor.h \
	src/events/event_id.c \
	src/events/event_id.h \
	src/events/fifo.c \
	src/events/fifo.h \
	src/events/follow.c \
	src/events/publish.c \
	src/events/publish.h \
	src/events/replay.c \
	src/events/replay.h \
	src/events/tail.c \
	src/events/tail.h \
	src/events/tailing.h
