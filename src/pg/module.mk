SYN_LIBS += src/pg/libpg.a
noinst_LIBRARIES += src/pg/libpg.a
src_pg_libpg_a_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS)
src_pg_libpg_a_SOURCES = \
	src/pg/pg_batch.c \
	src/pg/pg_batch.h \
	src/pg/pg_conninfo.c \
	src/pg/pg_conninfo.h \
	src/pg/pg_direct.c \
	src/pg/pg_direct.h \
	src/pg/pg_group.c \
	src/pg/pg_group.h \
	src/pg/pg_link.c \
	src/pg/pg_link.h \
	src/pg/pg_migrate.c \
	src/pg/pg_migrate.h \
	src/pg/pg_pool.c \
	src/pg/pg_pool.h \
	src/pg/pg_reply.c \
	src/pg/pg_reply.h \
	src/pg/pg_result.h \
	src/pg/pg_state.c \
	src/pg/pg_state.h \
	src/pg/pg_wait.c \
	src/pg/pg_wait.h
nodist_src_pg_libpg_a_SOURCES = \
	src/pg/pg_sql.c \
	src/pg/pg_sql.h

PG_SQL = \
	src/pg/sql/migrate_begin.sql \
	src/pg/sql/migrate_commit.sql \
	src/pg/sql/migrate_exists.sql \
	src/pg/sql/migrate_list.sql \
	src/pg/sql/migrate_lock.sql \
	src/pg/sql/migrate_note.sql \
	src/pg/sql/migrate_session.sql \
	src/pg/sql/migrate_table.sql \
	src/pg/sql/pg_session.sql

EXTRA_DIST += $(PG_SQL)
BUILT_SOURCES += src/pg/pg_sql.h
CLEANFILES += src/pg/pg_sql.c src/pg/pg_sql.h
src/pg/pg_sql.c: $(PG_SQL) scripts/embed.sh
	$(AM_V_GEN)cd $(srcdir) && scripts/embed.sh pg_sql $(abs_builddir)/src/pg/pg_sql.c \
		$(abs_builddir)/src/pg/pg_sql.h $(PG_SQL)
	@touch $@
src/pg/pg_sql.h: src/pg/pg_sql.c
$(src_pg_libpg_a_OBJECTS): src/pg/pg_sql.h
