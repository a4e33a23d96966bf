SYN_LIBS += src/cli/libcli.a
noinst_LIBRARIES += src/cli/libcli.a
src_cli_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) -DCLI_PKGDATADIR='"$(pkgdatadir)"'
src_cli_libcli_a_SOURCES = \
	src/cli/bench.c \
	src/cli/bench_baseline.c \
	src/cli/bench_baseline.h \
	src/cli/bench_chores.c \
	src/cli/bench_chores.h \
	src/cli/bench_cpu.c \
	src/cli/bench_cpu.h \
	src/cli/bench_daemon.c \
	src/cli/bench_daemon.h \
	src/cli/bench_disk.c \
	src/cli/bench_disk.h \
	src/cli/bench_house.c \
	src/cli/bench_house.h \
	src/cli/bench_http.c \
	src/cli/bench_http.h \
	src/cli/bench_info.c \
	src/cli/bench_info.h \
	src/cli/bench_link.c \
	src/cli/bench_link.h \
	src/cli/bench_load.c \
	src/cli/bench_load.h \
	src/cli/bench_procs.c \
	src/cli/bench_procs.h \
	src/cli/bench_queue.c \
	src/cli/bench_queue.h \
	src/cli/bench_report.c \
	src/cli/bench_report.h \
	src/cli/bench_runs.c \
	src/cli/bench_runs.h \
	src/cli/bench_samples.c \
	src/cli/bench_samples.h \
	src/cli/bench_start.c \
	src/cli/bench_start.h \
	src/cli/bench_store.c \
	src/cli/bench_store.h \
	src/cli/check.c \
	src/cli/check.h \
	src/cli/cli.c \
	src/cli/cli.h \
	src/cli/cli_acts.c \
	src/cli/cli_acts.h \
	src/cli/cli_api.c \
	src/cli/cli_api.h \
	src/cli/cli_args.c \
	src/cli/cli_args.h \
	src/cli/cli_chat.c \
	src/cli/cli_conf.c \
	src/cli/cli_conf.h \
	src/cli/cli_control.c \
	src/cli/cli_control.h \
	src/cli/cli_db.c \
	src/cli/cli_def.c \
	src/cli/cli_def.h \
	src/cli/cli_dlq.c \
	src/cli/cli_key.c \
	src/cli/cli_key.h \
	src/cli/cli_list.c \
	src/cli/cli_list.h \
	src/cli/cli_mass.c \
	src/cli/cli_mass.h \
	src/cli/cli_nouns.h \
	src/cli/cli_queue.c \
	src/cli/cli_redis.c \
	src/cli/cli_run.c \
	src/cli/cli_run_acts.c \
	src/cli/cli_run_acts.h \
	src/cli/cli_run_resume.c \
	src/cli/cli_run_resume.h \
	src/cli/cli_run_stats.c \
	src/cli/cli_run_stats.h \
	src/cli/cli_run_tail.c \
	src/cli/cli_run_tail.h \
	src/cli/cli_schedule.c \
	src/cli/cli_status.c \
	src/cli/cli_sync.c \
	src/cli/cli_sync.h \
	src/cli/cli_table.c \
	src/cli/cli_table.h \
	src/cli/cli_top.c \
	src/cli/cli_units.c \
	src/cli/cli_units.h \
	src/cli/cli_verb.h \
	src/cli/cli_wait.c \
	src/cli/cli_worker.c \
	src/cli/dev.c \
	src/cli/dev_demo.c \
	src/cli/dev_demo.h \
	src/cli/dev_dir.c \
	src/cli/dev_dir.h \
	src/cli/dev_examples.c \
	src/cli/dev_examples.h \
	src/cli/dev_port.c \
	src/cli/dev_port.h \
	src/cli/dev_process.c \
	src/cli/dev_process.h \
	src/cli/dev_servers.c \
	src/cli/dev_servers.h \
	src/cli/store_call.c \
	src/cli/store_call.h \
	src/cli/top_proc.c \
	src/cli/top_proc.h \
	src/cli/top_sample.c \
	src/cli/top_sample.h \
	src/cli/top_term.c \
	src/cli/top_term.h \
	src/cli/top_view.c \
	src/cli/top_view.h
nodist_src_cli_libcli_a_SOURCES = \
	src/cli/bench_sql.c \
	src/cli/bench_sql.h

BENCH_SQL = \
	src/cli/sql/bench_checkpoint.sql \
	src/cli/sql/bench_journal.sql \
	src/cli/sql/bench_runs.sql \
	src/cli/sql/bench_sample.sql \
	src/cli/sql/bench_settings.sql \
	src/cli/sql/bench_wal.sql

EXTRA_DIST += $(BENCH_SQL)
BUILT_SOURCES += src/cli/bench_sql.h
CLEANFILES += src/cli/bench_sql.c src/cli/bench_sql.h
src/cli/bench_sql.c: $(BENCH_SQL) scripts/embed.sh
	$(AM_V_GEN)cd $(srcdir) && scripts/embed.sh bench_sql \
		$(abs_builddir)/src/cli/bench_sql.c \
		$(abs_builddir)/src/cli/bench_sql.h $(BENCH_SQL)
src/cli/bench_sql.h: src/cli/bench_sql.c
$(src_cli_libcli_a_OBJECTS): src/cli/bench_sql.h

examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
	examples/agent.json \
	examples/bundle.json \
	examples/choice.json \
	examples/echo.json \
	examples/hello.json \
	examples/merge.json \
	examples/summary.json
