SYN_LIBS += src/cli/libcli.a
noinst_LIBRARIES += src/cli/libcli.a
src_cli_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) -DCLI_PKGDATADIR='"$(pkgdatadir)"'
src_cli_libcli_a_SOURCES = \
	src/cli/check.c \
	src/cli/check.h \
	src/cli/cli.c \
	src/cli/cli.h \
	src/cli/cli_api.c \
	src/cli/cli_api.h \
	src/cli/cli_args.c \
	src/cli/cli_args.h \
	src/cli/cli_conf.c \
	src/cli/cli_conf.h \
	src/cli/cli_db.c \
	src/cli/cli_def.c \
	src/cli/cli_def.h \
	src/cli/cli_definitions.c \
	src/cli/cli_definitions.h \
	src/cli/cli_key.c \
	src/cli/cli_key.h \
	src/cli/cli_nouns.h \
	src/cli/cli_queue.c \
	src/cli/cli_run.c \
	src/cli/cli_status.c \
	src/cli/cli_table.c \
	src/cli/cli_table.h \
	src/cli/cli_verb.h \
	src/cli/cli_worker.c \
	src/cli/dev.c \
	src/cli/dev_demo.c \
	src/cli/dev_demo.h \
	src/cli/dev_dir.c \
	src/cli/dev_dir.h \
	src/cli/dev_examples.c \
	src/cli/dev_examples.h \
	src/cli/dev_process.c \
	src/cli/dev_process.h \
	src/cli/dev_servers.c \
	src/cli/dev_servers.h \
	src/cli/store_call.c \
	src/cli/store_call.h

examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
	examples/bundle.json \
	examples/echo.json \
	examples/hello.json \
	examples/summary.json
