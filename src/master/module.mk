SYN_LIBS += src/master/libmaster.a
noinst_LIBRARIES += src/master/libmaster.a
src_master_libmaster_a_SOURCES = \
	src/master/child.c \
	src/master/child.h \
	src/master/draining.c \
	src/master/draining.h \
	src/master/host_id.c \
	src/master/host_id.h \
	src/master/listener.c \
	src/master/listener.h \
	src/master/master.c \
	src/master/master.h \
	src/master/obits.c \
	src/master/obits.h \
	src/master/reaper.c \
	src/master/reaper.h \
	src/master/restart.c \
	src/master/restart.h \
	src/master/sdnotify.c \
	src/master/sdnotify.h \
	src/master/spawn.c \
	src/master/spawn.h \
	src/master/title.c \
	src/master/title.h
