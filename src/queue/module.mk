SYN_LIBS += src/queue/libqueue.a
noinst_LIBRARIES += src/queue/libqueue.a
QUEUE_LUA = \
	src/queue/lua/absent.lua \
	src/queue/lua/admit.lua \
	src/queue/lua/attach.lua \
	src/queue/lua/attached.lua \
	src/queue/lua/beat.lua \
	src/queue/lua/claim.lua \
	src/queue/lua/drop.lua \
	src/queue/lua/enqueue.lua \
	src/queue/lua/forgive.lua \
	src/queue/lua/handback.lua \
	src/queue/lua/leave.lua \
	src/queue/lua/lineage.lua \
	src/queue/lua/mail.lua \
	src/queue/lua/missing.lua \
	src/queue/lua/pause.lua \
	src/queue/lua/raise.lua \
	src/queue/lua/recount.lua \
	src/queue/lua/recover.lua \
	src/queue/lua/release.lua \
	src/queue/lua/requeue.lua \
	src/queue/lua/stats.lua \
	src/queue/lua/why.lua
src_queue_libqueue_a_SOURCES = \
	src/queue/queue.c \
	src/queue/queue.h \
	src/queue/queue_absent.c \
	src/queue/queue_absent.h \
	src/queue/queue_admit.c \
	src/queue/queue_admit.h \
	src/queue/queue_attach.c \
	src/queue/queue_attach.h \
	src/queue/queue_beat.c \
	src/queue/queue_beat.h \
	src/queue/queue_bell.c \
	src/queue/queue_bell.h \
	src/queue/queue_call.h \
	src/queue/queue_claim.c \
	src/queue/queue_claim.h \
	src/queue/queue_drop.c \
	src/queue/queue_drop.h \
	src/queue/queue_enqueue.c \
	src/queue/queue_enqueue.h \
	src/queue/queue_forgive.c \
	src/queue/queue_forgive.h \
	src/queue/queue_group.c \
	src/queue/queue_group.h \
	src/queue/queue_handback.c \
	src/queue/queue_handback.h \
	src/queue/queue_held.c \
	src/queue/queue_held.h \
	src/queue/queue_job.c \
	src/queue/queue_job.h \
	src/queue/queue_leave.c \
	src/queue/queue_leave.h \
	src/queue/queue_lineage.c \
	src/queue/queue_lineage.h \
	src/queue/queue_mail.c \
	src/queue/queue_mail.h \
	src/queue/queue_missing.c \
	src/queue/queue_missing.h \
	src/queue/queue_names.c \
	src/queue/queue_names.h \
	src/queue/queue_pause.c \
	src/queue/queue_pause.h \
	src/queue/queue_recount.c \
	src/queue/queue_recount.h \
	src/queue/queue_recovery.c \
	src/queue/queue_recovery.h \
	src/queue/queue_release.c \
	src/queue/queue_release.h \
	src/queue/queue_requeue.c \
	src/queue/queue_requeue.h \
	src/queue/queue_stats.c \
	src/queue/queue_stats.h \
	src/queue/queue_why.c \
	src/queue/queue_why.h
nodist_src_queue_libqueue_a_SOURCES = \
	src/queue/queue_lua.c \
	src/queue/queue_lua.h
BUILT_SOURCES += src/queue/queue_lua.c src/queue/queue_lua.h
CLEANFILES += src/queue/queue_lua.c src/queue/queue_lua.h
EXTRA_DIST += $(QUEUE_LUA)

# The stamp carries the date: embed.sh does not touch an output that would not change.
CLEANFILES += src/queue/queue_lua.stamp
src/queue/queue_lua.stamp: $(QUEUE_LUA) scripts/embed.sh
	@$(MKDIR_P) src/queue
	$(AM_V_GEN)$(top_srcdir)/scripts/embed.sh queue_lua src/queue/queue_lua.c \
		src/queue/queue_lua.h $(QUEUE_LUA:%=$(top_srcdir)/%) && touch $@
src/queue/queue_lua.c src/queue/queue_lua.h: src/queue/queue_lua.stamp
