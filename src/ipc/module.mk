SYN_LIBS += src/ipc/libipc.a
noinst_LIBRARIES += src/ipc/libipc.a
src_ipc_libipc_a_SOURCES = \
	src/ipc/control_ask.c \
	src/ipc/control_ask.h \
	src/ipc/control_frame.c \
	src/ipc/control_frame.h \
	src/ipc/exit_code.c \
	src/ipc/exit_code.h \
	src/ipc/frame.c \
	src/ipc/frame.h \
	src/ipc/kind.h \
	src/ipc/lifeline.c \
	src/ipc/lifeline.h \
	src/ipc/packet.c \
	src/ipc/packet.h \
	src/ipc/score_before.c \
	src/ipc/score_before.h \
	src/ipc/score_recent.c \
	src/ipc/score_recent.h \
	src/ipc/scoreboard.c \
	src/ipc/scoreboard.h \
	src/ipc/stack.c \
	src/ipc/stack.h
