SYN_LIBS += src/store/libstore.a
noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/store_cancels.c \
	src/store/store_cancels.h \
	src/store/store_chats.c \
	src/store/store_chats.h \
	src/store/store_columns.c \
	src/store/store_columns.h \
	src/store/store_crashes.c \
	src/store/store_crashes.h \
	src/store/store_definitions.c \
	src/store/store_definitions.h \
	src/store/store_detail.c \
	src/store/store_detail.h \
	src/store/store_erase.c \
	src/store/store_erase.h \
	src/store/store_ids.c \
	src/store/store_ids.h \
	src/store/store_journal.c \
	src/store/store_journal.h \
	src/store/store_keys.c \
	src/store/store_keys.h \
	src/store/store_leases.c \
	src/store/store_leases.h \
	src/store/store_letters.c \
	src/store/store_letters.h \
	src/store/store_lineages.c \
	src/store/store_lineages.h \
	src/store/store_live.c \
	src/store/store_live.h \
	src/store/store_pauses.c \
	src/store/store_pauses.h \
	src/store/store_resumes.c \
	src/store/store_resumes.h \
	src/store/store_runs.c \
	src/store/store_runs.h \
	src/store/store_runs_read.c \
	src/store/store_schedules.c \
	src/store/store_schedules.h \
	src/store/store_schema.c \
	src/store/store_schema.h \
	src/store/store_steps.c \
	src/store/store_steps.h \
	src/store/store_tenants.c \
	src/store/store_tenants.h \
	src/store/store_time.c \
	src/store/store_time.h \
	src/store/store_tools.c \
	src/store/store_tools.h \
	src/store/store_waits.c \
	src/store/store_waits.h \
	src/store/store_why.c \
	src/store/store_why.h \
	src/store/store_workers.c \
	src/store/store_workers.h
nodist_src_store_libstore_a_SOURCES = \
	src/store/store_migration.c \
	src/store/store_migration.h \
	src/store/store_sql.c \
	src/store/store_sql.h

STORE_SQL = \
	src/store/sql/agent_get.sql \
	src/store/sql/agent_pin.sql \
	src/store/sql/agent_put.sql \
	src/store/sql/agents_list.sql \
	src/store/sql/cancel_ask.sql \
	src/store/sql/cancel_end.sql \
	src/store/sql/cancel_look.sql \
	src/store/sql/chat_history.sql \
	src/store/sql/chat_lock.sql \
	src/store/sql/chat_next.sql \
	src/store/sql/chat_post.sql \
	src/store/sql/chat_range.sql \
	src/store/sql/chat_session.sql \
	src/store/sql/chat_start.sql \
	src/store/sql/chat_turn.sql \
	src/store/sql/chat_turns.sql \
	src/store/sql/chat_withdraw.sql \
	src/store/sql/crash_bury.sql \
	src/store/sql/crash_charge.sql \
	src/store/sql/crash_events.sql \
	src/store/sql/crash_look.sql \
	src/store/sql/definition_newest.sql \
	src/store/sql/definition_version.sql \
	src/store/sql/definition_version_put.sql \
	src/store/sql/idempotency_expire.sql \
	src/store/sql/idempotency_get.sql \
	src/store/sql/key_create.sql \
	src/store/sql/key_find.sql \
	src/store/sql/key_revoke.sql \
	src/store/sql/keys_list.sql \
	src/store/sql/keys_used.sql \
	src/store/sql/lease_get.sql \
	src/store/sql/lease_give.sql \
	src/store/sql/lease_take.sql \
	src/store/sql/letter_discard.sql \
	src/store/sql/letter_get.sql \
	src/store/sql/letters_list.sql \
	src/store/sql/lineage_ask.sql \
	src/store/sql/lineage_raise.sql \
	src/store/sql/lineage_recover.sql \
	src/store/sql/lineage_state.sql \
	src/store/sql/lineages_list.sql \
	src/store/sql/orchestration_get.sql \
	src/store/sql/orchestration_pin.sql \
	src/store/sql/orchestration_put.sql \
	src/store/sql/orchestrations_list.sql \
	src/store/sql/queue_make.sql \
	src/store/sql/queue_pause.sql \
	src/store/sql/queues_list.sql \
	src/store/sql/queues_state.sql \
	src/store/sql/resume_lock.sql \
	src/store/sql/run_delete.sql \
	src/store/sql/run_detail.sql \
	src/store/sql/run_effects.sql \
	src/store/sql/run_get.sql \
	src/store/sql/run_resume.sql \
	src/store/sql/run_standing.sql \
	src/store/sql/run_story.sql \
	src/store/sql/run_usage.sql \
	src/store/sql/run_waits.sql \
	src/store/sql/run_why.sql \
	src/store/sql/runs_check.sql \
	src/store/sql/runs_counts.sql \
	src/store/sql/runs_due.sql \
	src/store/sql/runs_end.sql \
	src/store/sql/runs_end_lazy.sql \
	src/store/sql/runs_insert.sql \
	src/store/sql/runs_insert_keyed.sql \
	src/store/sql/runs_list.sql \
	src/store/sql/runs_list_live.sql \
	src/store/sql/runs_list_orchestration.sql \
	src/store/sql/runs_list_outcome.sql \
	src/store/sql/runs_list_session.sql \
	src/store/sql/runs_list_tag.sql \
	src/store/sql/runs_list_tenant.sql \
	src/store/sql/runs_live.sql \
	src/store/sql/runs_look.sql \
	src/store/sql/runs_present.sql \
	src/store/sql/runs_takeover.sql \
	src/store/sql/schedule_backfill.sql \
	src/store/sql/schedule_delete.sql \
	src/store/sql/schedule_fire.sql \
	src/store/sql/schedule_fires.sql \
	src/store/sql/schedule_pause.sql \
	src/store/sql/schedule_put.sql \
	src/store/sql/schedule_release.sql \
	src/store/sql/schedules_due.sql \
	src/store/sql/schedules_list.sql \
	src/store/sql/schema_always.sql \
	src/store/sql/steps_check.sql \
	src/store/sql/steps_commit.sql \
	src/store/sql/steps_events.sql \
	src/store/sql/steps_history.sql \
	src/store/sql/steps_list.sql \
	src/store/sql/steps_read.sql \
	src/store/sql/tenant_get.sql \
	src/store/sql/tenant_pin.sql \
	src/store/sql/tenants_list.sql \
	src/store/sql/tool_get.sql \
	src/store/sql/tools_list.sql \
	src/store/sql/waits_read.sql \
	src/store/sql/worker_offline.sql \
	src/store/sql/workers_ages.sql \
	src/store/sql/workers_beat.sql \
	src/store/sql/workers_list.sql \
	src/store/sql/workers_stale.sql \
	src/store/sql/workers_young.sql

# in the order in which they are applied
STORE_MIGRATIONS = \
	src/store/migrations/001_stock.sql \
	src/store/migrations/002_ours.sql \
	src/store/migrations/003_clerk.sql \
	src/store/migrations/004_worker_deaths.sql \
	src/store/migrations/006_chats.sql \
	src/store/migrations/007_runs.sql \
	src/store/migrations/010_schedules.sql

EXTRA_DIST += $(STORE_SQL) $(STORE_MIGRATIONS)
BUILT_SOURCES += src/store/store_migration.h src/store/store_sql.h
CLEANFILES += src/store/store_migration.c src/store/store_migration.h \
	src/store/store_sql.c src/store/store_sql.h
src/store/store_sql.c: $(STORE_SQL) scripts/embed.sh
	$(AM_V_GEN)cd $(srcdir) && scripts/embed.sh store_sql \
		$(abs_builddir)/src/store/store_sql.c \
		$(abs_builddir)/src/store/store_sql.h $(STORE_SQL)
	@touch $@
src/store/store_sql.h: src/store/store_sql.c
src/store/store_migration.c: $(STORE_MIGRATIONS) scripts/embed.sh
	$(AM_V_GEN)cd $(srcdir) && scripts/embed.sh store_migration \
		$(abs_builddir)/src/store/store_migration.c \
		$(abs_builddir)/src/store/store_migration.h $(STORE_MIGRATIONS)
	@touch $@
src/store/store_migration.h: src/store/store_migration.c
$(src_store_libstore_a_OBJECTS): src/store/store_migration.h src/store/store_sql.h
