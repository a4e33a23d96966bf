SYN_LIBS += src/worker/libworker.a
noinst_LIBRARIES += src/worker/libworker.a
src_worker_libworker_a_SOURCES = \
	src/worker/errands.c \
	src/worker/errands.h \
	src/worker/handover.c \
	src/worker/handover.h \
	src/worker/intake.c \
	src/worker/intake.h \
	src/worker/intake_in.h \
	src/worker/job.c \
	src/worker/job.h \
	src/worker/lane.c \
	src/worker/lane.h \
	src/worker/reattach.c \
	src/worker/reattach.h \
	src/worker/source.c \
	src/worker/source.h \
	src/worker/worker.c \
	src/worker/worker.h
