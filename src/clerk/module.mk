SYN_LIBS += src/clerk/libclerk.a
noinst_LIBRARIES += src/clerk/libclerk.a
src_clerk_libclerk_a_SOURCES = \
	src/clerk/attached.c \
	src/clerk/attached.h \
	src/clerk/clerk.c \
	src/clerk/clerk.h \
	src/clerk/due.c \
	src/clerk/due.h \
	src/clerk/early.c \
	src/clerk/early.h \
	src/clerk/late.c \
	src/clerk/late.h \
	src/clerk/lead.c \
	src/clerk/lead.h \
	src/clerk/pause.c \
	src/clerk/pause.h \
	src/clerk/reconcile.c \
	src/clerk/reconcile.h \
	src/clerk/schedules.c \
	src/clerk/schedules.h \
	src/clerk/squeeze.c \
	src/clerk/squeeze.h \
	src/clerk/ward.c \
	src/clerk/ward.h
