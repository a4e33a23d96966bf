/*
 * dev_process.c - a program that `dev` runs beside itself
 *
 * Each child is watched by a pidfd, so an end is seen without a signal handler and a
 * reused pid is never signalled. It leads a process group: the terminal's signals are
 * ours, and what insists at the end reaches what the child started as well. If we die
 * without a word, the kernel sends each child its death signal.
 */
#include "cli/dev_process.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_LINES   15
#define LOG_READ_MAX (16 * 1024 * 1024)
#define INSIST_MS    5000

/* In the child, after fork: only calls that are safe there. Never returns. */
static void become(const struct dev_program *program, int log_fd, pid_t parent)
	__attribute__((noreturn));

static void become(const struct dev_program *program, int log_fd, pid_t parent)
{
	static const char no_exec[] = ": cannot be executed\n";
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, program->death_signal);
	if (getppid() != parent)
		_exit(127);             /* it died before the line above */
	(void)signal(SIGPIPE, SIG_DFL); /* verbs ignore it, and that is inherited */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (program->dir && chdir(program->dir) < 0)
		_exit(127);
	if (log_fd >= 0 &&
	    (dup2(log_fd, STDOUT_FILENO) < 0 || dup2(log_fd, STDERR_FILENO) < 0))
		_exit(127);
	/* execvpe drops const from strings that it does not write */
	if (program->env)
		(void)execvpe(program->argv[0], (char *const *)(uintptr_t)program->argv,
			      (char *const *)(uintptr_t)program->env);
	else
		(void)execvp(program->argv[0], (char *const *)(uintptr_t)program->argv);
	if (write(STDERR_FILENO, program->argv[0], strlen(program->argv[0])) > 0 &&
	    write(STDERR_FILENO, no_exec, sizeof(no_exec) - 1) > 0)
		_exit(127);
	_exit(126);
}

int dev_process_start(struct dev_process *process, const struct dev_program *program,
		      struct err *err)
{
	pid_t parent = getpid();
	int null_fd, log_fd = -1, rc;

	memset(process, 0, sizeof(*process));
	process->name = program->name;
	process->pidfd = -1;
	if (program->log) {
		log_fd = open(program->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			      0600);
		if (log_fd < 0)
			return err_errno(err, "open %s", program->log);
	}
	(void)fflush(NULL); /* what is buffered must not be written twice */
	process->pid = fork();
	if (process->pid < 0) {
		process->pid = 0;
		rc = err_errno(err, "fork for %s", program->name);
		fdutil_close(&log_fd);
		return rc;
	}
	if (process->pid == 0) {
		null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0)
			_exit(127);
		become(program, log_fd, parent);
	}
	fdutil_close(&log_fd);
	(void)setpgid(process->pid,
		      process->pid); /* whoever is first; the other is EACCES */
	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (process->pidfd < 0) {
		rc = err_errno(err, "pidfd for %s", program->name);
		(void)kill(process->pid, SIGKILL);
		(void)waitpid(process->pid, &process->status, 0);
		process->pid = 0;
		return rc;
	}
	return 0;
}

bool dev_process_ended(struct dev_process *process)
{
	if (process->pid <= 0)
		return true;
	if (waitpid(process->pid, &process->status, WNOHANG) != process->pid)
		return false;
	process->pid = 0;
	fdutil_close(&process->pidfd);
	return true;
}

bool dev_process_wait(struct dev_process *process, int64_t deadline_ms)
{
	int64_t until_mono_ms = clock_mono_ms() + deadline_ms, left_ms;
	struct pollfd watch;

	while (!dev_process_ended(process)) {
		left_ms = until_mono_ms - clock_mono_ms();
		if (left_ms <= 0)
			return false;
		watch = (struct pollfd){ .fd = process->pidfd, .events = POLLIN };
		/* EINTR only makes us look sooner */
		(void)poll(&watch, 1, left_ms > 60000 ? 60000 : (int)left_ms);
	}
	return true;
}

bool dev_process_stop(struct dev_process *process, int signal, int64_t deadline_ms)
{
	pid_t group = process->pid;

	if (dev_process_ended(process))
		return true;
	(void)kill(process->pid, signal); /* it is not reaped: the pid is still its own */
	if (dev_process_wait(process, deadline_ms))
		return true;
	(void)kill(-group, SIGKILL);
	(void)dev_process_wait(process, INSIST_MS);
	return false;
}

void dev_process_say_end(const struct dev_process *process, struct str *out)
{
	if (WIFSIGNALED(process->status))
		str_printf(out, "%s ended by signal %d", process->name,
			   WTERMSIG(process->status));
	else
		str_printf(out, "%s ended with status %d", process->name,
			   WEXITSTATUS(process->status));
}

void dev_process_tail(const char *log, struct str *out)
{
	char *text = NULL, *line, *next;
	size_t len, start, lines = 0;

	if (fdutil_read_file(log, LOG_READ_MAX, &text, &len, NULL) < 0)
		return;
	for (start = len; start > 0; start--)
		if (text[start - 1] == '\n' && start < len && ++lines == TAIL_LINES)
			break;
	for (line = text + start; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		str_add_text(out, "    ");
		cli_table_clean(out, line);
		str_add_char(out, '\n');
	}
	mem_free(text);
}

int dev_process_run(const struct dev_program *program, int64_t deadline_ms,
		    struct err *err)
{
	struct dev_process process;
	struct str how = STR_INIT;
	int rc = dev_process_start(&process, program, err);

	if (rc < 0)
		return rc;
	if (!dev_process_wait(&process, deadline_ms)) {
		(void)dev_process_stop(&process, SIGTERM, INSIST_MS);
		return err_set(err, ERR_TIMEOUT, "%s took longer than %lld s",
			       program->name, (long long)(deadline_ms / 1000));
	}
	if (process.status == 0)
		return 0;
	dev_process_say_end(&process, &how);
	(void)err_set(err, ERR_REFUSED, "%s", str_text(&how));
	str_deinit(&how);
	return ERR_REFUSED;
}
