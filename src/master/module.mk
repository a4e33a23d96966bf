SYN_LIBS += src/master/libmaster.a
noinst_LIBRARIES += src/master/libmaster.a
src_master_libmaster_a_SOURCES = \
	src/master/acts.c \
	src/master/acts.h \
	src/master/child.c \
	src/master/child.h \
	src/master/crews.c \
	src/master/crews.h \
	src/master/draining.c \
	src/master/draining.h \
	src/master/forks.c \
	src/master/forks.h \
	src/master/host_id.c \
	src/master/host_id.h \
	src/master/house.c \
	src/master/house.h \
	src/master/listener.c \
	src/master/listener.h \
	src/master/master.c \
	src/master/master.h \
	src/master/obits.c \
	src/master/obits.h \
	src/master/reaper.c \
	src/master/reaper.h \
	src/master/reload.c \
	src/master/reload.h \
	src/master/restart.c \
	src/master/restart.h \
	src/master/sdnotify.c \
	src/master/sdnotify.h \
	src/master/seat_ops.c \
	src/master/seat_ops.h \
	src/master/show.c \
	src/master/show.h \
	src/master/signals.c \
	src/master/signals.h \
	src/master/spawn.c \
	src/master/spawn.h \
	src/master/tick.c \
	src/master/tick.h \
	src/master/title.c \
	src/master/title.h \
	src/master/upgrade.c \
	src/master/upgrade.h
