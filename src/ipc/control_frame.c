/*
 * control_frame.c - what a person's verb and the master say on the control socket
 *
 *   0 magic  4 type  6 act  8 number  16 code  20 wait_s  24 text, NULs behind it
 *
 * The layout is an interface between two versions of the program, since `upgrade` is
 * asked by the new one: it does not change, and what is new is a new type or act. A text
 * that does not fit is cut into frames of its own, so all frames are of one length.
 */
#include "ipc/control_frame.h"

#include "ipc/packet.h"

#include <stdbool.h>
#include <string.h>

#define CONTROL_MAGIC 0x31435953u /* "SYC1" */

#define AT_TYPE   4
#define AT_ACT    6
#define AT_NUMBER 8
#define AT_CODE   16
#define AT_WAIT   20
#define AT_TEXT   24

_Static_assert(AT_TEXT + CONTROL_FRAME_TEXT == CONTROL_FRAME_BYTES, "the text ends it");

/* Bytes above ASCII are left to whoever prints: a piece may begin inside a character. */
static bool clean(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= ' ' && byte != 0x7F;
}

void control_frame_encode(const struct control_frame *frame,
			  unsigned char bytes[CONTROL_FRAME_BYTES])
{
	uint32_t magic = CONTROL_MAGIC;
	uint16_t type = (uint16_t)frame->type, act = (uint16_t)frame->act;
	size_t i;

	memset(bytes, 0, CONTROL_FRAME_BYTES);
	memcpy(bytes, &magic, sizeof(magic));
	memcpy(bytes + AT_TYPE, &type, sizeof(type));
	memcpy(bytes + AT_ACT, &act, sizeof(act));
	memcpy(bytes + AT_NUMBER, &frame->number, sizeof(frame->number));
	memcpy(bytes + AT_CODE, &frame->code, sizeof(frame->code));
	memcpy(bytes + AT_WAIT, &frame->wait_s, sizeof(frame->wait_s));
	for (i = 0; i < CONTROL_FRAME_TEXT && frame->text[i]; i++)
		bytes[AT_TEXT + i] =
			(unsigned char)(clean(frame->text[i]) ? frame->text[i] : '?');
}

int control_frame_decode(const void *bytes, size_t len, struct control_frame *ret,
			 struct err *err)
{
	const unsigned char *p = bytes;
	struct control_frame frame = { .type = 0 };
	uint32_t magic;
	uint16_t type, act;
	size_t i, end;

	if (len != CONTROL_FRAME_BYTES)
		return err_set(err, ERR_PROTO, "a frame of %zu bytes instead of %d", len,
			       CONTROL_FRAME_BYTES);
	memcpy(&magic, p, sizeof(magic));
	if (magic != CONTROL_MAGIC)
		return err_set(err, ERR_PROTO, "a frame with the magic %08x", magic);
	memcpy(&type, p + AT_TYPE, sizeof(type));
	memcpy(&act, p + AT_ACT, sizeof(act));
	memcpy(&frame.number, p + AT_NUMBER, sizeof(frame.number));
	memcpy(&frame.code, p + AT_CODE, sizeof(frame.code));
	memcpy(&frame.wait_s, p + AT_WAIT, sizeof(frame.wait_s));
	if (frame.wait_s < 0)
		return err_set(err, ERR_PROTO, "a frame with a negative wait");
	memcpy(frame.text, p + AT_TEXT, CONTROL_FRAME_TEXT);
	end = strlen(frame.text);
	for (i = 0; i < CONTROL_FRAME_TEXT; i++)
		if (i < end ? !clean(frame.text[i]) : frame.text[i] != '\0')
			return err_set(err, ERR_PROTO, "a frame with an unclean text");
	frame.type = type;
	frame.act = act;
	*ret = frame;
	return 0;
}

int control_frame_send(int fd, const struct control_frame *frame, struct err *err)
{
	unsigned char bytes[CONTROL_FRAME_BYTES];

	control_frame_encode(frame, bytes);
	return packet_send(fd, bytes, sizeof(bytes), err);
}

int control_frame_recv(int fd, struct control_frame *ret, struct err *err)
{
	unsigned char bytes[CONTROL_FRAME_BYTES + 1];
	int rc = packet_recv(fd, bytes, sizeof(bytes), err);

	if (rc <= 0)
		return rc;
	rc = control_frame_decode(bytes, (size_t)rc, ret, err);
	return rc < 0 ? rc : 1;
}

int control_frame_tell(int fd, const struct control_frame *frame, const char *text,
		       struct err *err)
{
	struct control_frame piece = { .type = CONTROL_TEXT, .act = frame->act };
	size_t left = strlen(text), n;
	int rc = 0;

	while (rc == 0 && left) {
		n = left < CONTROL_FRAME_TEXT ? left : CONTROL_FRAME_TEXT;
		memset(piece.text, 0, sizeof(piece.text));
		memcpy(piece.text, text, n);
		rc = control_frame_send(fd, &piece, err);
		text += n;
		left -= n;
	}
	return rc < 0 ? rc : control_frame_send(fd, frame, err);
}

const char *control_frame_act_name(int act)
{
	switch (act) {
	case CONTROL_DRAIN:
		return "drain";
	case CONTROL_STOP:
		return "stop";
	case CONTROL_RELOAD:
		return "reload";
	case CONTROL_UPGRADE:
		return "upgrade";
	case CONTROL_REOPEN_LOGS:
		return "reopen_logs";
	case CONTROL_MORE:
		return "more";
	case CONTROL_LESS:
		return "less";
	case CONTROL_QUIET:
		return "quiet";
	case CONTROL_WORKER_QUIET:
		return "worker_quiet";
	case CONTROL_WORKER_STOP:
		return "worker_stop";
	default:
		return "unknown";
	}
}
