/*
 * spawn_server.c - the process that forks for a worker
 *
 * A worker does not fork: it is large, its libraries have threads, and its descriptors
 * are other people's runs. This process was forked before it opened anything, stays
 * small, has one thread and sleeps in poll(). It may block, nobody waits for it.
 *
 * Whatever happens to the worker, its end of the socket is closed: then every helper's
 * group gets SIGKILL and this process leaves. If this one dies first, the helpers get
 * SIGKILL by their parent-death signal, and their groups from the worker. A process
 * that left its group is adopted here (PR_SET_CHILD_SUBREAPER) and ended as soon as it
 * is seen.
 *
 * A helper is killed by its id and here alone: until it is reaped, which only this
 * process does, its pid cannot be another's.
 */
#include "tools/spawn_server.h"

#include "base/fdutil.h"
#include "tools/spawn_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_LOOK_MS 10
#define LAST_LOOKS   200 /* two seconds for what was killed to be gone */
#define ARGUMENTS    256

struct helper {
	pid_t pid; /* 0: free */
	uint32_t id;
};

/* Of this process alone. */
static struct helper helpers[SPAWN_HELPERS];
static int worker_fd;
static int signal_fd;
static char packet[sizeof(struct spawn_asked) + SPAWN_TEXT_MAX];

static struct helper *helper_of_pid(pid_t pid)
{
	size_t i;

	for (i = 0; i < SPAWN_HELPERS; i++)
		if (helpers[i].pid == pid)
			return &helpers[i];
	return NULL;
}

static struct helper *helper_of_id(uint32_t id)
{
	size_t i;

	for (i = 0; i < SPAWN_HELPERS; i++)
		if (helpers[i].pid && helpers[i].id == id)
			return &helpers[i];
	return NULL;
}

static void tell(const struct spawn_told *told)
{
	/* blocking; a worker that is gone is seen by poll() */
	(void)!send(worker_fd, told, sizeof(*told), MSG_NOSIGNAL);
}

static void tell_end(uint32_t id, int status, int sys_errno)
{
	tell(&(struct spawn_told){ .id = id, .status = status, .sys_errno = sys_errno });
}

/* ---- the helper, before it is another program ---- */

_Noreturn static void refuse(const char *what)
{
	/* to whoever reads what the helper prints: the worker has it as the reason */
	(void)dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
	_exit(127);
}

/* fds become 0, 1, 2..., and nothing else stays open. */
static void place_fds(const int *fds, size_t count)
{
	int high[SPAWN_FDS_MAX];
	size_t i;

	for (i = 0; i < count; i++) {
		high[i] = fcntl(fds[i], F_DUPFD, 64);
		if (high[i] < 0)
			_exit(127);
	}
	for (i = 0; i < count; i++)
		if (dup2(high[i], (int)i) < 0)
			_exit(127);
	if (close_range((unsigned)count, ~0U, 0) < 0)
		refuse("close_range");
}

static void set_limit(enum __rlimit_resource which, int64_t value)
{
	struct rlimit limit = { (rlim_t)value, (rlim_t)value }, now;

	if (value <= 0)
		return;
	if (getrlimit(which, &now) == 0 && now.rlim_max < limit.rlim_max)
		limit.rlim_cur = limit.rlim_max = now.rlim_max;
	if (setrlimit(which, &limit) < 0)
		refuse("setrlimit");
}

/* When memory is short a helper is what the kernel should take. Best effort: there
 * may be no /proc. */
static void volunteer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1000", 4);
	(void)close(fd);
}

static void become(uint32_t uid)
{
	if (uid == 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		refuse("setresuid");
}

_Noreturn static void execute(const struct spawn_asked *asked, char **argv, char **env,
			      const int *fds, size_t count, pid_t gate)
{
	struct rlimit none = { 0, 0 };
	sigset_t nothing;
	int i;

	for (i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL); /* refused for some, as it should be */
	(void)sigemptyset(&nothing);
	(void)sigprocmask(SIG_SETMASK, &nothing, NULL);
	if (setpgid(0, 0) < 0)
		_exit(127);
	/* by itself and before anything else: whatever happens to the gate, the worker
	 * knows the group of all that was ever executed */
	tell(&(struct spawn_told){ .id = asked->id, .pid = getpid() });
	place_fds(fds, count);
	volunteer();
	become(asked->uid);
	/* behind become(), which clears it; then the parent may be gone already */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		refuse("prctl");
	if (getppid() != gate)
		_exit(127);
	(void)setrlimit(RLIMIT_CORE, &none); /* lowering is always allowed */
	if (chdir("/") < 0)
		refuse("chdir");
	set_limit(RLIMIT_FSIZE, asked->limits.file_bytes);
	set_limit(RLIMIT_NOFILE, asked->limits.files);
	set_limit(RLIMIT_AS, asked->limits.memory_bytes);
	(void)execve(argv[0], argv, env);
	refuse(argv[0]);
}

/* ---- what the worker asks ---- */

/* Point at count texts behind each other; NULL when there are fewer. */
static char *split(char *at, const char *end, uint32_t count, char **ret)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		char *stop = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;

		if (!stop)
			return NULL;
		ret[i] = at;
		at = stop + 1;
	}
	ret[count] = NULL;
	return at;
}

static void start(const struct spawn_asked *asked, size_t len, const int *fds,
		  size_t count)
{
	char *argv[ARGUMENTS + 1], *env[ARGUMENTS + 1];
	char *text = packet + sizeof(*asked), *end = packet + len;
	struct helper *helper = helper_of_pid(0);
	pid_t gate = getpid(), pid;

	if (asked->arguments == 0 || asked->arguments > ARGUMENTS ||
	    asked->variables > ARGUMENTS ||
	    !(text = split(text, end, asked->arguments, argv)) ||
	    !split(text, end, asked->variables, env)) {
		tell_end(asked->id, -1, EINVAL);
		return;
	}
	if (!helper) {
		tell_end(asked->id, -1, EAGAIN);
		return;
	}
	pid = fork();
	if (pid < 0) {
		tell_end(asked->id, -1, errno);
		return;
	}
	if (pid == 0)
		execute(asked, argv, env, fds, count, gate);
	/* by both, whoever is first: a kill may be asked for before the child runs */
	(void)setpgid(pid, pid);
	helper->pid = pid;
	helper->id = asked->id;
}

static size_t take_fds(struct msghdr *message, int *fds)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	size_t count;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	return count;
}

/* false: the worker is gone. */
static bool on_asked(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * SPAWN_FDS_MAX)];
		struct cmsghdr align;
	} control;
	struct iovec piece = { packet, sizeof(packet) };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	const struct spawn_asked *asked = (const void *)packet;
	const struct helper *helper;
	int fds[SPAWN_FDS_MAX];
	size_t count, i;
	ssize_t len;

	len = recvmsg(worker_fd, &message, MSG_CMSG_CLOEXEC);
	if (len < 0)
		return errno == EINTR;
	if ((size_t)len < sizeof(*asked))
		return false;
	count = take_fds(&message, fds);
	if (asked->ask == SPAWN_ASK_START) {
		start(asked, (size_t)len, fds, count);
	} else if (asked->ask == SPAWN_ASK_KILL) {
		helper = helper_of_id(asked->id);
		if (helper)
			(void)kill(-helper->pid, SIGKILL);
	}
	for (i = 0; i < count; i++)
		fdutil_close(&fds[i]);
	return true;
}

/* ---- ends ---- */

/* Children that are nobody's helper: what helpers left behind. Without /proc they live
 * until their namespace or this process ends. */
static void end_orphans(void)
{
	char path[64], pids[4096], *at = pids, *next;
	ssize_t len;
	long pid;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, pids, sizeof(pids) - 1);
	(void)close(fd);
	pids[len > 0 ? len : 0] = '\0';
	for (;; at = next) {
		pid = strtol(at, &next, 10);
		if (next == at || (*next && *next != ' '))
			return; /* the end, or a number that was cut */
		if (pid > 1 && !helper_of_pid((pid_t)pid))
			(void)kill((pid_t)pid, SIGKILL); /* ours, not reaped: it is it */
	}
}

/* false: there is no child left. */
static bool reap(void)
{
	struct helper *helper;
	bool any = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		any = true;
		helper = helper_of_pid(pid);
		if (!helper)
			continue;
		tell_end(helper->id, status, 0);
		helper->pid = 0;
	}
	if (any)
		end_orphans();
	return pid == 0;
}

_Noreturn static void leave(void)
{
	struct pollfd wake = { .fd = signal_fd, .events = POLLIN };
	struct signalfd_siginfo info;
	size_t i;

	for (i = 0; i < SPAWN_HELPERS; i++)
		if (helpers[i].pid)
			(void)kill(-helpers[i].pid, SIGKILL);
	for (i = 0; i < LAST_LOOKS && reap(); i++) {
		end_orphans();
		if (poll(&wake, 1, LAST_LOOK_MS) > 0)
			(void)!read(signal_fd, &info, sizeof(info));
	}
	_exit(0);
}

static void keep_only(int fd)
{
	if (fd > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0U, 0);
}

_Noreturn void spawn_server_run(int fd)
{
	struct signalfd_siginfo info;
	struct pollfd wait[2];
	sigset_t all;

	keep_only(fd);
	worker_fd = fd;
	/* it leaves with its worker and by no signal that a group or a unit gets */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* known since Linux 3.4 */
	signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		_exit(1); /* the worker sees the socket's end */
	wait[0] = (struct pollfd){ .fd = worker_fd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
	for (;;) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			leave();
		while (read(signal_fd, &info, sizeof(info)) > 0)
			;
		(void)reap();
		if (wait[0].revents && !on_asked())
			leave();
	}
}
