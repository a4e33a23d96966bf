/*
 * top_term.c - the terminal of this process, as a screen that is given back
 *
 * What a terminal needs of ECMA-48 is less than a library is worth: the other screen, no
 * cursor, home, "erase to the end of the line". A screen is drawn over the last one in
 * one write: nothing flickers. Signals come as bytes of a descriptor (signalfd), so they
 * arrive between two screens; those of a crash have handlers, which restore the terminal
 * and die of it. Only SIGKILL leaves it as it is.
 */
#include "cli/top_term.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* The other screen, no cursor, no line wrap; and back. */
#define ENTER     "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE     "\033[?7h\033[?25h\033[?1049l"
#define ESCAPE_MS 50   /* the rest of a key's sequence is there by then */
#define DRAW_MS   2000 /* a terminal that takes nothing that long is given up */

/* Of this process, as its terminal is. The handlers of crashes read them. */
static struct termios before;
static volatile sig_atomic_t entered;
static int signal_fd = -1;
static sigset_t mask_before;

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static void mode_before(void)
{
	/* both are safe in a handler; there is nothing to do about an error */
	(void)!write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static int mode_raw(struct err *err)
{
	struct termios raw = before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* ISIG stays: ^C is a signal */
	raw.c_oflag &= ~(tcflag_t)OPOST;           /* a line's end is ours to say */
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return err_errno(err, "set the mode of the terminal");
	if (write(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1) < 0)
		return err_errno(err, "write to the terminal");
	return 0;
}

static void on_crash(int number)
{
	if (entered)
		mode_before();
	(void)raise(number); /* SA_RESETHAND: it ends the process as it would have */
}

static int watch_signals(struct err *err)
{
	static const int numbers[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
				       SIGTSTP, SIGCONT, SIGWINCH };
	const struct sigaction crash = { .sa_handler = on_crash,
					 .sa_flags = SA_RESETHAND };
	sigset_t mask;
	size_t i;

	(void)sigemptyset(&mask); /* neither can fail */
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		(void)sigaddset(&mask, numbers[i]);
	for (i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		if (sigaction(crashes[i], &crash, NULL) < 0)
			return err_errno(err, "sigaction");
	if (sigprocmask(SIG_BLOCK, &mask, &mask_before) < 0)
		return err_errno(err, "sigprocmask");
	signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return signal_fd < 0 ? err_errno(err, "signalfd") : 0;
}

int top_term_enter(struct err *err)
{
	int rc;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_INPUT, "this is no terminal");
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return err_errno(err, "read the mode of the terminal");
	rc = watch_signals(err);
	if (rc < 0)
		return rc;
	entered = 1;
	rc = mode_raw(err);
	if (rc < 0)
		top_term_leave();
	return rc;
}

void top_term_leave(void)
{
	size_t i;

	if (!entered)
		return;
	mode_before();
	entered = 0;
	for (i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		(void)signal(crashes[i], SIG_DFL); /* legal signals: cannot fail */
	fdutil_close(&signal_fd);
	/* what is pending has been read by then, or ends the process as it should */
	(void)sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void top_term_size(int *columns, int *lines)
{
	struct winsize size = { 0 };

	*columns = 80;
	*lines = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_col > 0)
		*columns = size.ws_col;
	if (size.ws_row > 0)
		*lines = size.ws_row;
}

/* In whole: the terminal may be slow, and its descriptor another program's as well. */
static int write_all(const char *bytes, size_t len, struct err *err)
{
	int64_t until_mono_ms = clock_mono_ms() + DRAW_MS;
	struct pollfd pfd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (len) {
		int64_t left_ms = until_mono_ms - clock_mono_ms();
		ssize_t n;

		if (left_ms <= 0)
			return err_set(err, ERR_TIMEOUT, "the terminal takes nothing");
		if (poll(&pfd, 1, (int)left_ms) <= 0)
			continue;
		n = write(STDOUT_FILENO, bytes, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_errno(err, "write to the terminal");
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int top_term_draw(const struct str *lines, struct err *err)
{
	struct str out = STR_INIT;
	const char *at = str_text(lines), *end;
	int rc;

	str_add_text(&out, "\033[H");
	for (; (end = strchr(at, '\n')); at = end + 1) {
		str_add(&out, at, (size_t)(end - at));
		str_add_text(&out, end[1] ? "\033[K\r\n" : "\033[K");
	}
	str_add_text(&out, "\033[J");
	rc = write_all(str_text(&out), out.len, err);
	str_deinit(&out);
	return rc;
}

/* Somebody wants us to stand still: the terminal is the shell's until we go on. */
static void stand_still(void)
{
	const struct timespec at_once = { .tv_sec = 0 };
	sigset_t cont;

	(void)sigemptyset(&cont); /* neither can fail */
	(void)sigaddset(&cont, SIGCONT);
	mode_before();
	(void)raise(SIGSTOP);
	(void)sigtimedwait(&cont, NULL, &at_once); /* it has done its work */
	(void)mode_raw(NULL); /* a terminal that is gone says so with the next write */
}

static enum top_term_event on_signal(void)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return TOP_TERM_TIMEOUT;
	switch (info.ssi_signo) {
	case SIGTSTP:
		stand_still();
		return TOP_TERM_RESIZE;
	case SIGCONT:
		(void)mode_raw(NULL); /* after a SIGSTOP that we did not see; as above */
		return TOP_TERM_RESIZE;
	case SIGWINCH:
		return TOP_TERM_RESIZE;
	default:
		return TOP_TERM_END;
	}
}

static int read_byte(int64_t wait_ms)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char byte;

	if (poll(&pfd, 1, (int)wait_ms) <= 0 || read(STDIN_FILENO, &byte, 1) != 1)
		return -1;
	return byte;
}

/* "ESC [ A" is up, "ESC [ B" down; other sequences are read and are no key. */
static int read_key(void)
{
	int byte = read_byte(0);

	if (byte != '\033')
		return byte;
	byte = read_byte(ESCAPE_MS);
	if (byte != '[' && byte != 'O')
		return 0;
	do {
		byte = read_byte(ESCAPE_MS);
	} while (byte >= 0x20 && byte < 0x40);
	return byte == 'A' ? TOP_TERM_UP : byte == 'B' ? TOP_TERM_DOWN : 0;
}

enum top_term_event top_term_wait(int64_t wait_ms, int *key)
{
	struct pollfd pfds[] = { { .fd = signal_fd, .events = POLLIN },
				 { .fd = STDIN_FILENO, .events = POLLIN } };
	int n = poll(pfds, 2, wait_ms < 0 ? 0 : (int)wait_ms);

	if (n <= 0)
		return TOP_TERM_TIMEOUT;
	if (pfds[0].revents)
		return on_signal();
	*key = read_key();
	if (*key < 0) /* readable, and nothing there: it is gone */
		return TOP_TERM_END;
	return TOP_TERM_KEY;
}
