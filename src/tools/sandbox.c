/*
 * sandbox.c - the command line that executes a program with nothing of the host in
 * reach
 *
 * bubblewrap makes the walls: user, process, network, IPC and host name namespaces of
 * its own (the unit allows no others; of cgroups nothing is in reach), and a root in
 * memory that holds read-only binds of the interpreter, its library and the C libraries,
 * three devices, an empty /proc, a small /tmp, and nothing else. The kernel's proc is not
 * mounted: containers that mask parts of theirs forbid it, and nothing in there needs
 * one. The host's name is not changed: units with ProtectHostname= forbid that, in
 * whatever namespace. --die-with-parent and the process namespace end all of it with the
 * outer process; limits are set by the spawn gate, system calls by syscall_filter.c.
 *
 * Which folders hold libraries differs from host to host, so they are looked for, once.
 */
#include "tools/sandbox.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "tools/syscall_filter.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct sandbox *sandbox, const char *text)
{
	if (sandbox->count + 1 >= SANDBOX_ARGS_MAX) {
		sandbox->full = true;
		return;
	}
	sandbox->argv[sandbox->count++] = text;
}

static void add_all(struct sandbox *sandbox, const char *const *list)
{
	for (; *list; list++)
		add(sandbox, *list);
}

static void bind(struct sandbox *sandbox, const char *how, const char *path)
{
	add(sandbox, how);
	add(sandbox, path);
	add(sandbox, path);
}

/* The host's own link, so that what it leads to is found in there by the same names. */
static void add_link(struct sandbox *sandbox, const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0)
		return;
	add(sandbox, "--symlink");
	add(sandbox, arena_dup_n(&sandbox->arena, target, (size_t)len));
	add(sandbox, path);
}

/*
 * A folder of libraries. Where it has one for this machine (x86_64-linux-gnu), that and
 * Python's are all that is needed of it.
 */
static void add_libraries(struct sandbox *sandbox, const char *path)
{
	const struct dirent *entry;
	bool sorted = false;
	struct stat st;
	DIR *dir;

	if (lstat(path, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		add_link(sandbox, path);
		return;
	}
	dir = opendir(path);
	if (!dir)
		return; /* not for us to read: Python says what it misses */
	while ((entry = readdir(dir))) {
		bool machine = fnmatch("*-linux-*", entry->d_name, 0) == 0;

		sorted |= machine;
		if (machine || fnmatch("python3*", entry->d_name, 0) == 0)
			bind(sandbox, "--ro-bind",
			     arena_printf(&sandbox->arena, "%s/%s", path, entry->d_name));
	}
	(void)closedir(dir);
	if (!sorted)
		bind(sandbox, "--ro-bind", path);
}

/* Another prefix than the system's (/usr/local, /opt/python) has its own lib. */
static void add_prefix(struct sandbox *sandbox, const char *python)
{
	char *prefix = mem_dup(python), *slash;
	int i;

	for (i = 0; i < 2; i++) {
		slash = strrchr(prefix, '/');
		if (slash)
			*slash = '\0';
	}
	if (*prefix && strcmp(prefix, "/usr") != 0) {
		bind(sandbox, "--ro-bind-try",
		     arena_printf(&sandbox->arena, "%s/lib", prefix));
		bind(sandbox, "--ro-bind-try",
		     arena_printf(&sandbox->arena, "%s/lib64", prefix));
	}
	mem_free(prefix);
}

static void add_walls(struct sandbox *sandbox, const char *bubblewrap, const char *python)
{
	const char *const before[] = {
		bubblewrap,
		"--unshare-user",
		"--unshare-ipc",
		"--unshare-pid",
		"--unshare-net",
		"--unshare-uts",
		"--uid",
		"65534",
		"--gid",
		"65534",
		"--die-with-parent",
		"--new-session",
		"--cap-drop",
		"ALL",
		NULL,
	};
	const char *const behind[] = {
		"--dir", "/proc",     "--chdir", "/tmp", "--remount-ro",
		"/",     "--seccomp", "4",       "--",   NULL,
	};

	add_all(sandbox, before);
	add_libraries(sandbox, "/usr/lib");
	add_libraries(sandbox, "/usr/lib64");
	add_libraries(sandbox, "/lib");
	add_libraries(sandbox, "/lib64");
	add_prefix(sandbox, python);
	bind(sandbox, "--ro-bind", python);
	bind(sandbox, "--ro-bind-try", "/etc/ld.so.cache");
	bind(sandbox, "--ro-bind-try", "/etc/localtime");
	bind(sandbox, "--ro-bind-try", "/usr/share/zoneinfo");
	bind(sandbox, "--dev-bind", "/dev/null");
	bind(sandbox, "--dev-bind", "/dev/zero");
	bind(sandbox, "--dev-bind", "/dev/urandom");
	add(sandbox, "--size");
	add(sandbox, arena_printf(&sandbox->arena, "%lld", SANDBOX_TMP_BYTES));
	add(sandbox, "--tmpfs");
	add(sandbox, "/tmp");
	add_all(sandbox, behind);
}

static int look_up(struct sandbox *sandbox, const char *path, const char **ret,
		   struct err *err)
{
	char *real = realpath(path, NULL);

	if (!real || access(real, X_OK) < 0) {
		free(real);
		return err_errno(err, "%s", path);
	}
	*ret = arena_dup(&sandbox->arena, real);
	free(real);
	return 0;
}

int sandbox_init(struct sandbox *sandbox, const char *bubblewrap, const char *python,
		 const char *source, const char *mode, struct err *err)
{
	const char *const args[] = { "-I", "-S", "-B", "-X", "utf8", "-c", NULL };
	int rc;

	memset(sandbox, 0, sizeof(*sandbox));
	arena_init(&sandbox->arena);
	rc = look_up(sandbox, python, &python, err);
	if (rc == 0 && bubblewrap)
		rc = look_up(sandbox, bubblewrap, &bubblewrap, err);
	if (rc == 0 && bubblewrap)
		rc = syscall_filter_program(&sandbox->filter, err);
	if (rc < 0) {
		sandbox_deinit(sandbox);
		return rc;
	}
	if (bubblewrap)
		add_walls(sandbox, bubblewrap, python);
	add(sandbox, python);
	add_all(sandbox, args);
	add(sandbox, source);
	add(sandbox, mode);
	if (sandbox->full) {
		sandbox_deinit(sandbox);
		return err_set(err, ERR_LIMIT, "too many folders of libraries");
	}
	return 0;
}

void sandbox_deinit(struct sandbox *sandbox)
{
	arena_deinit(&sandbox->arena);
	str_deinit(&sandbox->filter);
	sandbox->count = 0;
}

int sandbox_filter_open(const struct sandbox *sandbox, struct err *err)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "memfd_create");
	/* the reader starts where the descriptor stands, so each start has its own */
	if (write(fd, sandbox->filter.data, sandbox->filter.len) !=
		    (ssize_t)sandbox->filter.len ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		int rc = err_errno(err, "write the filter");

		fdutil_close(&fd);
		return rc;
	}
	return fd;
}
