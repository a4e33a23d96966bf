/*
 * syscall_filter.c - the system calls that sandboxed code may make
 *
 * What an interpreter needs for files, memory, time and itself is allowed. What is
 * known and dangerous, or would make a process or a thread, is refused with EPERM, so
 * that the code's author reads "Operation not permitted". All else, what future kernels
 * bring included, does not exist (ENOSYS): a C library falls back then, while EPERM
 * would make it give up; clone3 is there for the same reason.
 *
 * execve must stay: bubblewrap calls it behind the filter. It reaches nothing but what
 * the sandbox has, with the same filter.
 *
 * <seccomp.h> brings <elf.h>, which <ev.h> does not compile behind: neither is in a
 * header.
 */
#include "tools/syscall_filter.h"

#include "base/err.h"
#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <seccomp.h>

#include <sys/ioctl.h>

#define PROGRAM_MAX 65536 /* the kernel takes 4096 instructions of 8 bytes */

static const char *const allowed[] = {
	/* files */
	"access",
	"chdir",
	"chmod",
	"close",
	"close_range",
	"copy_file_range",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchdir",
	"fchmod",
	"fchmodat",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents",
	"getdents64",
	"link",
	"linkat",
	"lseek",
	"lstat",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"pipe",
	"pipe2",
	"pread64",
	"preadv",
	"pwrite64",
	"pwritev",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"sendfile",
	"stat",
	"statfs",
	"statx",
	"symlink",
	"symlinkat",
	"truncate",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	/* waiting: an event loop of Python's own, on pipes and socket pairs */
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_wait",
	"poll",
	"ppoll",
	"pselect6",
	"recvfrom",
	"select",
	"sendto",
	"shutdown",
	/* memory */
	"brk",
	"madvise",
	"mmap",
	"mprotect",
	"mremap",
	"munmap",
	/* time */
	"alarm",
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"getitimer",
	"gettimeofday",
	"nanosleep",
	"setitimer",
	"time",
	"times",
	/* itself */
	"arch_prctl",
	"execve",
	"exit",
	"exit_group",
	"futex",
	"get_robust_list",
	"getegid",
	"geteuid",
	"getgid",
	"getgroups",
	"getpgid",
	"getpgrp",
	"getpid",
	"getppid",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"getsid",
	"gettid",
	"getuid",
	"kill",
	"pause",
	"prlimit64",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"setrlimit",
	"sigaltstack",
	"sysinfo",
	"tgkill",
	"uname",
	"wait4",
	"waitid",
};

static const char *const refused[] = {
	"accept",
	"accept4",
	"acct",
	"add_key",
	"bind",
	"bpf",
	"chown",
	"chroot",
	"clock_adjtime",
	"clock_settime",
	"clone",
	"connect",
	"delete_module",
	"execveat",
	"fanotify_init",
	"fchown",
	"fchownat",
	"finit_module",
	"fork",
	"fsconfig",
	"fsmount",
	"fsopen",
	"init_module",
	"io_setup",
	"io_submit",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"ioperm",
	"iopl",
	"kcmp",
	"kexec_load",
	"keyctl",
	"lchown",
	"listen",
	"mknod",
	"mknodat",
	"mount",
	"mount_setattr",
	"move_mount",
	"name_to_handle_at",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"personality",
	"pidfd_getfd",
	"pidfd_open",
	"pidfd_send_signal",
	"pivot_root",
	"prctl",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"quotactl",
	"reboot",
	"recvmsg",
	"request_key",
	"seccomp",
	"sendmsg",
	"setdomainname",
	"setgid",
	"setgroups",
	"sethostname",
	"setns",
	"setpgid",
	"setresgid",
	"setresuid",
	"setsid",
	"setuid",
	"socket",
	"swapon",
	"syslog",
	"umount2",
	"unshare",
	"userfaultfd",
	"vfork",
};

/* A name that this machine's processor does not have is passed over. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR || number < 0)
		return 0;
	return seccomp_rule_add(filter, action, number, 0);
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names,
		   size_t count)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++)
		rc = add(filter, action, names[i]);
	return rc;
}

/* Is it a terminal, does it block, is it closed on exec, how much waits. */
static int add_ioctls(scmp_filter_ctx filter)
{
	static const unsigned long asks[] = { TCGETS, FIONBIO, FIOCLEX, FIONCLEX,
					      FIONREAD };
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(asks) / sizeof(asks[0]) && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_EQ, asks[i], 0));
	return rc;
}

static int fill(scmp_filter_ctx filter)
{
	int rc;

	rc = add_all(filter, SCMP_ACT_ALLOW, allowed,
		     sizeof(allowed) / sizeof(allowed[0]));
	if (rc == 0)
		rc = add_all(filter, SCMP_ACT_ERRNO(EPERM), refused,
			     sizeof(refused) / sizeof(refused[0]));
	if (rc == 0)
		rc = add_ioctls(filter);
	if (rc == 0) /* asyncio's own wake-up */
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
				      SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	return rc;
}

static int read_program(int fd, struct str *ret, struct err *err)
{
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t got;

	if (size <= 0 || size > PROGRAM_MAX)
		return err_set(err, ERR_PROTO, "a filter of %lld bytes", (long long)size);
	got = pread(fd, str_reserve(ret, (size_t)size), (size_t)size, 0);
	if (got != (ssize_t)size)
		return err_errno(err, "read the filter");
	str_grew(ret, (size_t)size);
	return 0;
}

int syscall_filter_program(struct str *ret, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int fd, rc;

	if (!filter)
		return err_set(err, ERR_LIMIT, "no memory for the system call filter");
	fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0) {
		rc = err_errno(err, "memfd_create");
		goto out;
	}
	rc = fill(filter);
	if (rc == 0)
		rc = seccomp_export_bpf(filter, fd);
	if (rc < 0) {
		errno = -rc;
		rc = err_errno(err, "make the system call filter");
		goto out;
	}
	rc = read_program(fd, ret, err);
out:
	if (fd >= 0)
		(void)close(fd);
	seccomp_release(filter);
	return rc;
}
