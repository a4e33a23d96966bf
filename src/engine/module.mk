SYN_LIBS += src/engine/libengine.a
noinst_LIBRARIES += src/engine/libengine.a
src_engine_libengine_a_SOURCES = \
	src/engine/call.c \
	src/engine/call.h \
	src/engine/drive.c \
	src/engine/drive.h \
	src/engine/engine.c \
	src/engine/engine.h \
	src/engine/event.c \
	src/engine/event.h \
	src/engine/exec.c \
	src/engine/exec.h \
	src/engine/fold.c \
	src/engine/fold.h \
	src/engine/host.h \
	src/engine/op.c \
	src/engine/op.h \
	src/engine/prompt.c \
	src/engine/prompt.h \
	src/engine/root.c \
	src/engine/root.h \
	src/engine/row.c \
	src/engine/row.h \
	src/engine/runframe.c \
	src/engine/runframe.h \
	src/engine/step.c \
	src/engine/step.h \
	src/engine/step_types.c \
	src/engine/step_types.h \
	src/engine/steps/step_end.c \
	src/engine/steps/step_end.h \
	src/engine/steps/step_llm.c \
	src/engine/steps/step_llm.h \
	src/engine/steps/step_merge.c \
	src/engine/steps/step_merge.h \
	src/engine/steps/step_print.c \
	src/engine/steps/step_print.h \
	src/engine/timers.c \
	src/engine/timers.h \
	src/engine/walk.c \
	src/engine/walk.h
