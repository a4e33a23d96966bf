/* dev_servers.h - a private Redis and a private Postgres */
#ifndef CLI_DEV_SERVERS_H
#define CLI_DEV_SERVERS_H

#include "base/err.h"
#include "cli/dev_dir.h"
#include "cli/dev_process.h"

#include <limits.h>
#include <stdbool.h>

#define DEV_URL_MAX 512

/* Embed it zeroed. For readers: all but the processes. */
struct dev_servers {
	struct dev_dir *dir; /* borrowed */
	struct dev_process redis;
	struct dev_process postgres;
	char postgres_bin[PATH_MAX]; /* "/usr/lib/postgresql/15/bin" */
	/* "name=value" for Postgres, or NULL: all as it comes */
	const char *postgres_setting;
	/* A line of Redis' configuration, or NULL */
	const char *redis_setting;
	int redis_port;              /* on loopback */
	char redis_url[DEV_URL_MAX]; /* secret */
	char postgres_url[DEV_URL_MAX];
};

/*
 * Are the programs there? Otherwise ERR_NOT_FOUND with one sentence that says what to
 * install.
 */
int dev_servers_find(struct dev_servers *servers, struct err *err);
/*
 * Make the data if there is none, start, and return when the server answers. Why it did
 * not may be in redis.log or postgres.log of the folder.
 */
int dev_servers_start_redis(struct dev_servers *servers, struct dev_dir *dir,
			    struct err *err);
int dev_servers_start_postgres(struct dev_servers *servers, struct dev_dir *dir,
			       struct err *err);
/* Postgres first, then Redis, each as it likes to be stopped. True: both obeyed. */
bool dev_servers_stop(struct dev_servers *servers);

#endif
