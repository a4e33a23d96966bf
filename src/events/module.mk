SYN_LIBS += src/events/libevents.a
noinst_LIBRARIES += src/events/libevents.a
EVENTS_LUA = src/events/lua/publish.lua
src_events_libevents_a_SOURCES = \
	src/events/chat_view.c \
	src/events/chat_view.h \
	src/events/cursor.c \
	src/events/cursor.h \
	src/events/event_id.c \
	src/events/event_id.h \
	src/events/fifo.c \
	src/events/file_tails.c \
	src/events/file_tails.h \
	src/events/fifo.h \
	src/events/follow.c \
	src/events/publish.c \
	src/events/publish.h \
	src/events/replay.c \
	src/events/replay.h \
	src/events/tail.c \
	src/events/tail.h \
	src/events/tailing.h \
	src/events/v1_view.c \
	src/events/v1_view.h
nodist_src_events_libevents_a_SOURCES = \
	src/events/events_lua.c \
	src/events/events_lua.h
BUILT_SOURCES += src/events/events_lua.c src/events/events_lua.h
CLEANFILES += src/events/events_lua.c src/events/events_lua.h
EXTRA_DIST += $(EVENTS_LUA)

CLEANFILES += src/events/events_lua.stamp
src/events/events_lua.stamp: $(EVENTS_LUA) scripts/embed.sh
	@$(MKDIR_P) src/events
	$(AM_V_GEN)$(top_srcdir)/scripts/embed.sh events_lua src/events/events_lua.c \
		src/events/events_lua.h $(EVENTS_LUA:%=$(top_srcdir)/%) && touch $@
src/events/events_lua.c src/events/events_lua.h: src/events/events_lua.stamp
