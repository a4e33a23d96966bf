SYN_LIBS += src/keeper/libkeeper.a
noinst_LIBRARIES += src/keeper/libkeeper.a
src_keeper_libkeeper_a_SOURCES = \
	src/keeper/beat.c \
	src/keeper/beat.h \
	src/keeper/blame.c \
	src/keeper/blame.h \
	src/keeper/charge.c \
	src/keeper/charge.h \
	src/keeper/fleet.c \
	src/keeper/fleet.h \
	src/keeper/folder.c \
	src/keeper/folder.h \
	src/keeper/health.c \
	src/keeper/health.h \
	src/keeper/keeper.c \
	src/keeper/keeper.h \
	src/keeper/live.c \
	src/keeper/live.h \
	src/keeper/obituary.c \
	src/keeper/obituary.h \
	src/keeper/oom_kills.c \
	src/keeper/oom_kills.h \
	src/keeper/putback.c \
	src/keeper/putback.h \
	src/keeper/registry.c \
	src/keeper/registry.h \
	src/keeper/resident.c \
	src/keeper/resident.h \
	src/keeper/stock_keys.c \
	src/keeper/stock_keys.h \
	src/keeper/sweep.c \
	src/keeper/sweep.h \
	src/keeper/tables.c \
	src/keeper/tables.h \
	src/keeper/waiting.c \
	src/keeper/waiting.h
