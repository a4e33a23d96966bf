/*
 * main.c - the roof: from the command line to the master or a verb
 *
 *     synapsed [flags]                the daemon
 *     synapsed -t | -T [flags]        look at the configuration, start nothing
 *     synapsed [-c FILE] noun verb    a verb; everything behind the noun is its own
 *
 * The configuration is loaded and checked here, before anything is opened or forked, so
 * that a bad one ends the program with all of its errors and nothing else has happened.
 */
#include "base/mem.h"
#include "base/str.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "conf/conf.h"
#include "conf/conf_sample.h"
#include "ipc/exit_code.h"
#include "kinds.h"
#include "master/master.h"
#include "master/privileges.h"
#include "master/upgrade.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum act {
	ACT_RUN,
	ACT_TEST,
	ACT_SHOW,
	ACT_HELP,
	ACT_VERSION,
	ACT_SAMPLE,
	ACT_SAMPLE_MAN,
};

enum long_flag {
	FLAG_ROLES = 256,
	FLAG_SET,
	FLAG_SAMPLE,
	FLAG_SAMPLE_MAN,
};

struct options {
	enum act act;
	bool foreground;
	const char *path;  /* -c */
	const char **sets; /* owned; the strings are main()'s or in roles */
	size_t set_count;
	struct str roles; /* "roles=..." of --roles */
	int argc;
	char **argv;
	char **words; /* a copy of argv */
};

static const char help[] =
	"Usage: synapsed [-c FILE] [-f] [--roles LIST] [--set KEY=VALUE]...\n"
	"       synapsed -t | -T [-c FILE] [--roles LIST] [--set KEY=VALUE]...\n"
	"       synapsed --sample\n"
	"\n"
	"Runs Synapse orchestrations: a master that starts worker, API and keeper\n"
	"children as its configuration says.\n"
	"\n"
	"  -c FILE          read this configuration file; without it $SYNAPSED_CONF, then\n"
	"                   " CONF_DEFAULT_PATH ", if there is one\n"
	"  -f               stay in the foreground, log to standard error\n"
	"  -t               check the configuration and the two stores that it names, say\n"
	"                   what is wrong, and leave\n"
	"  -T               print every option's value and where it comes from, and leave\n"
	"  --roles LIST     what this host runs: worker, api, keeper, with commas between\n"
	"  --set KEY=VALUE  set an option, such as worker.slots=200; wins over the\n"
	"                   environment and the file; may be given again\n"
	"  --sample         print a sample file with every option and its default\n"
	"  -V               print the version\n"
	"  -h               print this help\n"
	"\n"
	"Without stores one process executes runs and keeps them in files; with REDIS_URL\n"
	"(redis.url) and SCALE_POSTGRES_URL (postgres.url) many do. Exit status: 0 good,\n"
	"1 failed, 2 wrong usage, 6 a store cannot be reached (-t). See synapsed(8) and\n"
	"synapsed.yaml(5).\n"
	"\n"
	"Verbs (synapsed NOUN -h says more):\n";

static const struct option long_flags[] = {
	{ "roles", required_argument, NULL, FLAG_ROLES },
	{ "set", required_argument, NULL, FLAG_SET },
	{ "sample", no_argument, NULL, FLAG_SAMPLE },
	/* for the manual page's list; of no use to anybody else, so not in the help */
	{ "sample-man", no_argument, NULL, FLAG_SAMPLE_MAN },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int usage(const char *problem, const char *what)
{
	(void)fprintf(stderr, "synapsed: %s%s; see synapsed -h\n", problem, what);
	return EXIT_CODE_USAGE;
}

/* What getopt did not like. Long flags have no optopt of a flag of ours or keep it. */
static int bad_flag(int rc, char **argv)
{
	char flag[] = { '-', (char)optopt, '\0' };
	const char *name = flag;

	if (optopt == 0 || optopt >= FLAG_ROLES)
		name = argv[optind - 1];
	return usage(rc == ':' ? "this flag needs an argument: " : "unknown flag: ",
		     name);
}

static void add_set(struct options *o, const char *set)
{
	o->sets = mem_resize(o->sets, sizeof(*o->sets) * (o->set_count + 1));
	o->sets[o->set_count++] = set;
}

/* 0, or the exit code. Stops at the first word that is no flag: the noun. */
static int parse(int argc, char **argv, struct options *o)
{
	int rc;

	opterr = 0;
	while ((rc = getopt_long(argc, argv, "+:c:ftTVh", long_flags, NULL)) != -1) {
		switch (rc) {
		case 'c':
			o->path = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 't':
			o->act = ACT_TEST;
			break;
		case 'T':
			o->act = ACT_SHOW;
			break;
		case 'V':
			o->act = ACT_VERSION;
			break;
		case 'h':
			o->act = ACT_HELP;
			break;
		case FLAG_ROLES:
			str_reset(&o->roles, 256);
			str_printf(&o->roles, "roles=%s", optarg);
			break;
		case FLAG_SET:
			add_set(o, optarg);
			break;
		case FLAG_SAMPLE:
			o->act = ACT_SAMPLE;
			break;
		case FLAG_SAMPLE_MAN:
			o->act = ACT_SAMPLE_MAN;
			break;
		default:
			return bad_flag(rc, argv);
		}
	}
	if (o->roles.len)
		add_set(o, str_text(&o->roles));
	return 0;
}

/* The cores that this process may use, which is what counts in a container. */
static int count_cores(void)
{
	cpu_set_t set;
	int count;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	count = CPU_COUNT(&set);
	return count > 0 ? count : 1;
}

/* All of it and flushed, or a failure: a full disk must not look like a short answer. */
static int print(const char *text)
{
	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return EXIT_CODE_OK;
	(void)fprintf(stderr, "synapsed: standard output: %s\n", strerror(errno));
	return EXIT_CODE_FAILED;
}

static int print_str(struct str *text)
{
	int rc = print(str_text(text));

	str_deinit(text);
	return rc;
}

static void print_errors(const struct conf_errors *errors)
{
	char *text = conf_errors_text(errors);

	(void)fputs(text, stderr);
	mem_free(text);
}

static int show(const struct conf *conf)
{
	struct str out = STR_INIT;

	conf_dump(conf, &out);
	return print_str(&out);
}

static int say_good(const char *path)
{
	struct str out = STR_INIT;

	str_printf(&out, "synapsed: the configuration is good (%s)\n",
		   path ? path : "no file");
	return print_str(&out);
}

/* Whom the start would refuse to become, or to serve. */
static int test_users(const struct conf *conf, struct err *err)
{
	struct privileges found;
	gid_t group;
	int rc = privileges_find(conf, &found, err);

	if (rc == 0 && conf->control.group[0])
		rc = privileges_group(conf->control.group, "control.group", &group, err);
	return rc;
}

/* -t: the file is good; can what it names be reached? */
static int test_connections(const struct conf *conf, const char *path)
{
	struct str out = STR_INIT;
	struct err err;
	bool good;
	int rc, printed;

	/* what the links log is said in a sentence below */
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
	if (test_users(conf, &err) < 0) {
		(void)fprintf(stderr, "synapsed: %s\n", err.text);
		return EXIT_CODE_FAILED;
	}
	good = !conf_has_stores(conf) || check_connections(conf, &out);
	rc = say_good(path);
	printed = print_str(&out);

	if (rc == EXIT_CODE_OK)
		rc = printed;
	return rc == EXIT_CODE_OK && !good ? EXIT_CODE_UNREACHABLE : rc;
}

static int run(const struct conf **conf, const struct conf_inputs *in,
	       const struct options *o)
{
	const struct master_opts opts = {
		.kinds = kinds_table,
		.version = PACKAGE_VERSION,
		.argc = o->argc,
		.argv = o->argv,
		.inputs = in,
		.words = o->words,
		.log_text = o->foreground,
	};

	log_setup((*conf)->log.level,
		  o->foreground ? LOG_FORMAT_TEXT : (*conf)->log.format, STDERR_FILENO);
	return master_run(conf, &opts);
}

/* The daemon, -t or -T: whatever needs the configuration. */
static int with_conf(const struct options *o)
{
	const char *found = conf_find_path(o->path);
	char *path = found ? mem_dup(found) : NULL; /* it may be the environment's */
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in = {
		.path = path,
		.sets = o->sets,
		.set_count = o->set_count,
		.env = (const char *const *)environ,
		.uid = upgrade_start_uid(),
		.cores = count_cores(),
	};
	const struct conf *conf = NULL;
	struct conf *loaded = NULL;
	int rc = EXIT_CODE_OK;

	if (conf_load(&in, &loaded, &errors) == 0) {
		conf = loaded;
		if (o->act == ACT_SHOW)
			rc = show(conf);
		(void)conf_check(conf, &errors); /* errors.count has the answer */
	}
	if (!conf || errors.count) {
		print_errors(&errors);
		rc = EXIT_CODE_FAILED;
	} else if (o->act == ACT_TEST) {
		rc = test_connections(conf, in.path);
	} else if (o->act == ACT_RUN) {
		rc = run(&conf, &in, o);
	}
	conf_errors_deinit(&errors);
	conf_free(conf);
	mem_free(path);
	return rc;
}

static int act(const struct options *o)
{
	struct str out = STR_INIT;

	switch (o->act) {
	case ACT_HELP:
		str_add_text(&out, help);
		cli_help(&out);
		return print_str(&out);
	case ACT_VERSION:
		return print(PACKAGE_STRING "\n");
	case ACT_SAMPLE:
		conf_sample_yaml(&out);
		return print_str(&out);
	case ACT_SAMPLE_MAN:
		conf_sample_man(&out);
		return print_str(&out);
	case ACT_RUN:
	case ACT_TEST:
	case ACT_SHOW:
		return with_conf(o);
	}
	return EXIT_CODE_USAGE;
}

/*
 * argv begins with the noun. A verb finds the configuration by itself; -c before the noun
 * reaches it as $SYNAPSED_CONF.
 */
static int verb(const struct options *o, int argc, char **argv)
{
	if (o->act != ACT_RUN || o->foreground || o->set_count)
		return usage("only -c may stand before ", argv[0]);
	if (o->path && setenv("SYNAPSED_CONF", o->path, 1) < 0)
		return EXIT_CODE_FAILED;
	return cli_main(argc, argv);
}

/* The title of the process is written over argv, and a reload reads the words again. */
static char **words_dup(int argc, char **argv)
{
	char **words = mem_new_n(char *, (size_t)argc + 1);
	int i;

	for (i = 0; i < argc; i++)
		words[i] = mem_dup(argv[i]);
	return words;
}

static void words_free(char **words)
{
	int i;

	for (i = 0; words[i]; i++)
		mem_free(words[i]);
	mem_free(words);
}

int main(int argc, char **argv)
{
	struct options o = {
		.act = ACT_RUN, .roles = STR_INIT, .argc = argc, .argv = argv
	};
	char **words = words_dup(argc, argv);
	int rc = parse(argc, words, &o);

	o.words = words;
	if (rc == 0)
		rc = optind < argc ? verb(&o, argc - optind, words + optind) : act(&o);
	mem_free(o.sets);
	str_deinit(&o.roles);
	words_free(words);
	return rc;
}
