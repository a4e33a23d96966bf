SYN_LIBS += src/events/libevents.a
noinst_LIBRARIES += src/events/libevents.a
src_events_libevents_a_SOURCES = \
	src/events/fifo.c \
	src/events/fifo.h \
	src/events/publish.c \
	src/events/publish.h
