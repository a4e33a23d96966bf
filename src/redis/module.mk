SYN_LIBS += src/redis/libredis.a
noinst_LIBRARIES += src/redis/libredis.a
src_redis_libredis_a_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) $(SSL_CFLAGS)
src_redis_libredis_a_SOURCES = \
	src/redis/redis_blocking.c \
	src/redis/redis_blocking.h \
	src/redis/redis_command.c \
	src/redis/redis_command.h \
	src/redis/redis_greeting.c \
	src/redis/redis_greeting.h \
	src/redis/redis_link.c \
	src/redis/redis_link.h \
	src/redis/redis_link_in.h \
	src/redis/redis_node.h \
	src/redis/redis_pending.c \
	src/redis/redis_pending.h \
	src/redis/redis_reader.c \
	src/redis/redis_reader.h \
	src/redis/redis_reply.c \
	src/redis/redis_reply.h \
	src/redis/redis_resolve.c \
	src/redis/redis_resolve.h \
	src/redis/redis_script.c \
	src/redis/redis_script.h \
	src/redis/redis_transport.c \
	src/redis/redis_transport.h \
	src/redis/redis_url.c \
	src/redis/redis_url.h \
	src/redis/redis_watch.c \
	src/redis/redis_watch.h
