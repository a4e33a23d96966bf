/*
 * frame.c - the fixed frames that master and children exchange
 *
 *   0 magic  4 type, 2 bytes of zero  8 number  16 pid  20 generation  24 text
 *
 * A frame is a packet. Both ends trust each other; what is checked here is our
 * own mistakes and a descriptor that is not what we think.
 */
#include "ipc/frame.h"

#include "ipc/packet.h"

#include <stdbool.h>
#include <string.h>

#define FRAME_MAGIC 0x31465953u /* "SYF1" */

#define AT_TYPE       4
#define AT_ZERO       6
#define AT_NUMBER     8
#define AT_PID        16
#define AT_GENERATION 20
#define AT_TEXT       24

_Static_assert(AT_TEXT + FRAME_TEXT_MAX == FRAME_BYTES, "the text ends the frame");

static bool printable(char c)
{
	return c >= ' ' && c <= '~';
}

void frame_init(struct frame *frame, enum frame_type type, int64_t number,
		const char *text)
{
	size_t i;

	memset(frame, 0, sizeof(*frame));
	frame->type = type;
	frame->number = number;
	for (i = 0; text && text[i] && i < FRAME_TEXT_MAX - 1; i++)
		frame->text[i] = '?';
	for (; i > 0; i--)
		if (printable(text[i - 1]))
			frame->text[i - 1] = text[i - 1];
}

void frame_encode(const struct frame *frame, unsigned char bytes[FRAME_BYTES])
{
	uint32_t magic = FRAME_MAGIC;
	uint16_t type = (uint16_t)frame->type;

	memset(bytes, 0, FRAME_BYTES);
	memcpy(bytes, &magic, sizeof(magic));
	memcpy(bytes + AT_TYPE, &type, sizeof(type));
	memcpy(bytes + AT_NUMBER, &frame->number, sizeof(frame->number));
	memcpy(bytes + AT_PID, &frame->pid, sizeof(frame->pid));
	memcpy(bytes + AT_GENERATION, &frame->generation, sizeof(frame->generation));
	memcpy(bytes + AT_TEXT, frame->text, FRAME_TEXT_MAX);
}

/* Printable up to a NUL, and NULs to the end. */
static bool text_is_clean(const unsigned char *text)
{
	size_t i = 0;

	while (i < FRAME_TEXT_MAX && printable((char)text[i]))
		i++;
	if (i == FRAME_TEXT_MAX)
		return false;
	for (; i < FRAME_TEXT_MAX; i++)
		if (text[i])
			return false;
	return true;
}

int frame_decode(const void *bytes, size_t len, struct frame *ret, struct err *err)
{
	const unsigned char *p = bytes;
	struct frame frame = { .pid = 0 };
	uint32_t magic;
	uint16_t type, zero;

	if (len != FRAME_BYTES)
		return err_set(err, ERR_PROTO, "a frame of %zu bytes instead of %d", len,
			       FRAME_BYTES);
	memcpy(&magic, p, sizeof(magic));
	if (magic != FRAME_MAGIC)
		return err_set(err, ERR_PROTO, "a frame with the magic %08x", magic);
	memcpy(&type, p + AT_TYPE, sizeof(type));
	memcpy(&zero, p + AT_ZERO, sizeof(zero));
	if (type < FRAME_READY || type > FRAME_REOPEN || zero)
		return err_set(err, ERR_PROTO, "a frame of the unknown type %u", type);
	memcpy(&frame.number, p + AT_NUMBER, sizeof(frame.number));
	memcpy(&frame.pid, p + AT_PID, sizeof(frame.pid));
	memcpy(&frame.generation, p + AT_GENERATION, sizeof(frame.generation));
	if (frame.pid < 0 || frame.generation < 0)
		return err_set(err, ERR_PROTO,
			       "a frame with a negative pid or generation");
	if (!text_is_clean(p + AT_TEXT))
		return err_set(err, ERR_PROTO, "a frame with an unclean text");
	memcpy(frame.text, p + AT_TEXT, FRAME_TEXT_MAX);
	frame.type = (enum frame_type)type;
	*ret = frame;
	return 0;
}

const char *frame_type_name(enum frame_type type)
{
	switch (type) {
	case FRAME_READY:
		return "ready";
	case FRAME_DRAIN:
		return "drain";
	case FRAME_QUIET:
		return "quiet";
	case FRAME_OBITUARY:
		return "obituary";
	case FRAME_OBITUARY_DONE:
		return "obituary_done";
	case FRAME_WANTED:
		return "wanted";
	case FRAME_REOPEN:
		return "reopen";
	}
	return "unknown";
}

int frame_send(int fd, const struct frame *frame, struct err *err)
{
	unsigned char bytes[FRAME_BYTES];

	frame_encode(frame, bytes);
	return packet_send(fd, bytes, sizeof(bytes), err);
}

int frame_recv(int fd, struct frame *ret, struct err *err)
{
	unsigned char bytes[FRAME_BYTES + 1];
	int rc = packet_recv(fd, bytes, sizeof(bytes), err);

	if (rc <= 0)
		return rc;
	rc = frame_decode(bytes, (size_t)rc, ret, err);
	return rc < 0 ? rc : 1;
}
