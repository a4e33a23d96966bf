/* runs_port.h - what handlers ask of the stores, whatever they are made of */
#ifndef API_RUNS_PORT_H
#define API_RUNS_PORT_H

#include "api/answers.h"
#include "api/errors.h"
#include "api/questions.h"
#include "api/run_stands.h"
#include "base/arena.h"
#include "store/store_analytics.h"
#include "store/store_chats.h"
#include "store/store_definitions.h"
#include "store/store_detail.h"
#include "store/store_letters.h"
#include "store/store_runs.h"
#include "store/store_steps.h"
#include "store/store_workers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A question to people. */
struct port_asked {
	const char *step_id;
	const char *path;
	const char *prompt;  /* NULL */
	const char *fields;  /* JSON text; NULL */
	const char *context; /* NULL */
};

/* How a run that was waited for is over. JSON texts, and NULL for none. */
struct port_result {
	const char *status; /* completed, failed, cancelled, paused */
	const char *response;
	const char *error;
	const char *state;
	const char *history;
	const struct port_asked *asked; /* paused: what was asked first; NULL: nothing */
	const char *events; /* [{"id", "event"}...]; NULL: there are too many */
	size_t events_len;
};

/*
 * One submission. The caller fills the first part and keeps all of it, texts included,
 * until done ran. done is called exactly once, from the loop or from inside submit.
 */
struct port_run {
	const char *orchestration_id;
	const char *tenant_id;
	const char *message;         /* "" if none */
	const char *inputs;          /* JSON text of an object; NULL: none */
	const char *metadata;        /* JSON text of an object; NULL: none */
	const char *session_id;      /* NULL: none */
	const char *webhook_url;     /* NULL: none */
	const char *webhook_secret;  /* NULL: none */
	const char *idempotency_key; /* NULL: none */
	const char *body_sha256;     /* 64 hex; with a key */
	int priority;                /* -10..10 */
	int64_t run_at_ms;           /* not before this moment; 0: at once */
	bool wait; /* done when it is over, if the port executes runs itself */
	void (*done)(struct port_run *run);
	void *arg; /* the caller's */

	/* What became of it: valid inside done only. */
	enum errors_code error;  /* ERRORS_NONE: accepted, which means committed */
	const char *detail;      /* a better sentence than errors_detail(), or NULL */
	const char *run_id;      /* accepted */
	bool replayed;           /* accepted before, by a request with the same key */
	bool waited;             /* as long as a client may: it is late, or we leave */
	int64_t rate_limit;      /* ERRORS_RATE: runs per second */
	int64_t retry_after_sec; /* ERRORS_RATE */
	const struct port_result *result; /* it is over; NULL: it was accepted */
};

enum port_chat_busy {
	PORT_CHAT_ENQUEUE,   /* behind the turns that are there */
	PORT_CHAT_REJECT,    /* only if none is live */
	PORT_CHAT_INTERRUPT, /* the live one is cancelled */
};

/* A message of a conversation, as port_run. */
struct port_chat {
	const char *session_id;
	const char *tenant_id;
	const char *agent_id; /* NULL: the one that the session had last */
	const char *message;
	const char *images;          /* JSON text of a list; NULL: none */
	const char *webhook_url;     /* NULL: none */
	const char *webhook_secret;  /* NULL: none */
	const char *idempotency_key; /* NULL: none */
	const char *body_sha256;     /* with a key */
	int priority;                /* -10..10 */
	enum port_chat_busy on_busy;
	void (*done)(struct port_chat *chat);
	void *arg; /* the caller's */

	/* What became of it: valid inside done only. */
	enum errors_code error; /* ERRORS_NONE: accepted, which means committed */
	const char *detail;
	const char *run_id;
	int64_t turn;
	bool replayed; /* the key had it: run_id is the turn of that message */
	int64_t rate_limit;
	int64_t retry_after_sec;
};

/* result NULL with ERRORS_NONE: the run has not ended and waits for nobody. */
typedef void (*port_outcome_cb)(void *arg, enum errors_code error, const char *tenant_id,
				const struct port_result *result);

/* Answers: value is NULL when error is not ERRORS_NONE; borrowed for the call. */
typedef void (*port_run_cb)(void *arg, enum errors_code error,
			    const struct store_run_status *run);
/* next: cursor for the page behind, NULL at the end. */
typedef void (*port_runs_cb)(void *arg, enum errors_code error,
			     const struct store_run_status *runs, size_t count,
			     const char *next);

struct event_id;

struct port_event {
	const char *id;   /* stream id */
	const char *json; /* the event, JSON text (not checked) */
	size_t len;
};
/* Besides errors: the run's row, for its tenant. */
typedef void (*port_events_cb)(void *arg, enum errors_code error, const char *tenant_id,
			       const struct port_event *events, size_t count);

typedef void (*port_newest_cb)(void *arg, enum errors_code error,
			       const struct event_id *id);

/* Besides errors: the run's row, for its tenant. next: seq of the first row behind these,
 * 0 at the end. */
typedef void (*port_steps_cb)(void *arg, enum errors_code error, const char *tenant_id,
			      const struct store_step *steps, size_t count, int64_t next);

/* As cancels.h says of status. */
typedef void (*port_cancel_cb)(void *arg, enum errors_code error, const char *status);

/* As resumes.h says. */
typedef void (*port_resume_cb)(void *arg, enum errors_code error, const char *detail,
			       int64_t attempt);

typedef void (*port_definitions_cb)(void *arg, enum errors_code error,
				    const struct store_definition_item *items,
				    size_t count);
typedef void (*port_definition_cb)(void *arg, enum errors_code error,
				   const struct store_definition *definition);
/* May this orchestration be executed? detail: why not, or NULL. */
typedef void (*port_check_cb)(void *arg, enum errors_code error, const char *detail);
typedef void (*port_workers_cb)(void *arg, enum errors_code error,
				const struct store_worker *workers, size_t count);

/* next: cursor for the page behind, NULL at the end. */
typedef void (*port_letters_cb)(void *arg, enum errors_code error,
				const struct store_letter *letters, size_t count,
				const char *next);
typedef void (*port_letter_cb)(void *arg, enum errors_code error,
			       const struct store_letter *letter);
typedef void (*port_done_cb)(void *arg, enum errors_code error);

/* turns: the newest, the newest first. */
typedef void (*port_chat_session_cb)(void *arg, enum errors_code error,
				     const struct store_chat_session *session,
				     const struct store_chat_turn *turns, size_t count);
typedef void (*port_chat_turn_cb)(void *arg, enum errors_code error,
				  const struct store_chat_place *turn);

/* All that is known of one run. Borrowed. */
struct port_detail {
	struct store_detail row;
	/* Only if they were asked for; at most PORT_STORY_MAX and PORT_ROWS_MAX, and one
	 * more when there are more. */
	const struct store_told *story;
	size_t story_count;
	const struct store_step
		*usage; /* those with usage; of effects, delta says what */
	size_t usage_count;
	const struct store_step *effects;
	size_t effects_count;
	const struct store_asked *waits;
	size_t waits_count;
};

#define PORT_STORY_MAX 2000
#define PORT_ROWS_MAX  1000

typedef void (*port_detail_cb)(void *arg, enum errors_code error,
			       const struct port_detail *detail);

/* The one reason why a run does not go on. Borrowed. */
struct port_why {
	const char *tenant_id;
	const char *status;
	const char *reason; /* an interface */
	const char *detail; /* a sentence */
	const char *queue;  /* NULL: none */
	const char *lane;   /* NULL: none */
	int64_t position;   /* from 1; 0: it is in no line */
	int64_t online;     /* workers that beat */
	int64_t capable;    /* of those, who would take it */
};

typedef void (*port_why_cb)(void *arg, enum errors_code error,
			    const struct port_why *why);

/* detail: a better sentence, or NULL. */
typedef void (*port_erase_cb)(void *arg, enum errors_code error, const char *detail);

typedef void (*port_sums_cb)(void *arg, enum errors_code error,
			     const struct store_analytics *sums);
typedef void (*port_minutes_cb)(void *arg, enum errors_code error,
				const struct store_minutes *minutes);

struct err;
struct def_port;
struct manage;
struct request;
struct tails_ask;

struct port_stats {
	const char *queue_name;
	int64_t queued;
	int64_t active;
	int64_t dead;
	int64_t oldest_ms;
};
typedef void (*port_stats_cb)(void *arg, enum errors_code error,
			      const struct port_stats *stats);

struct port_health {
	const char *mode; /* static */
	bool ok;          /* runs can be accepted */
	bool redis_connected;
	bool pg_connected;
	const char *reason; /* static: what is missing; NULL: nothing */
};

/*
 * A port is the acts on one resource, with who answers them. Every call but health
 * answers through its callback exactly once, later or at once, within its own deadline;
 * arguments are read before it returns, port_run and port_chat excepted.
 */

/* What may be executed, and the wish that it is. */
struct intake_port {
	void *self;
	/* Accept a run: checks the definition, reserves a place, commits the row. All
	 * submissions of a loop turn travel together. */
	void (*submit)(void *self, struct port_run *run);
	void (*check)(void *self, const char *orchestration_id, port_check_cb cb,
		      void *arg);
	void (*definitions)(void *self, enum store_definition_kind kind,
			    port_definitions_cb cb, void *arg);
	/* ERRORS_NO_ORCHESTRATION, ERRORS_NO_AGENT */
	void (*definition)(void *self, enum store_definition_kind kind, const char *id,
			   port_definition_cb cb, void *arg);
	struct port_health (*health)(void *self);
};

/* One run, by its id. */
struct run_port {
	void *self;
	/* ERRORS_NO_RUN */
	void (*get)(void *self, const char *run_id, port_run_cb cb, void *arg);
	/* get for many at once, who want to follow them (run_stands.h). */
	void (*stand)(void *self, struct run_stand *stand);
	/* Entries of the run's stream from start to end (both inclusive stream ids, "-"
	 * and "+"), at most limit. ERRORS_NO_RUN */
	void (*events)(void *self, const char *run_id, const char *start, const char *end,
		       int limit, port_events_cb cb, void *arg);
	/* Answer the request with the run's events as they come (tails_follow). Negative:
	 * it waits for another answer. */
	int (*follow)(void *self, struct request *req, const struct tails_ask *ask,
		      struct err *err);
	/* The id of its newest durable event, or of what a stock worker said last; 0-0:
	 * it has none, or there is no such run. */
	void (*newest)(void *self, const char *run_id, port_newest_cb cb, void *arg);
	/* How it is over, without its events. ERRORS_NO_RUN */
	void (*outcome)(void *self, const char *run_id, port_outcome_cb cb, void *arg);
	/* Rows of the run's journal as store_steps_list() has them, from that seq on, at
	 * most limit. ERRORS_NO_RUN */
	void (*steps)(void *self, const char *run_id, int64_t from_seq, int limit,
		      port_steps_cb cb, void *arg);
	/* lists: what its journal tells as well. ERRORS_NO_RUN */
	void (*detail)(void *self, const char *run_id, bool lists, port_detail_cb cb,
		       void *arg);
	/* ERRORS_NO_RUN */
	void (*why)(void *self, const char *run_id, port_why_cb cb, void *arg);
	/* Delete all of an ended run, if it is this tenant's (NULL: whoever's).
	 * ERRORS_NO_RUN, ERRORS_NOT_ENDED */
	void (*erase)(void *self, const char *run_id, const char *tenant_id,
		      port_erase_cb cb, void *arg);
	/* Stop a run, if it is this tenant's (NULL: whoever's). ERRORS_NO_RUN */
	void (*cancel)(void *self, const char *run_id, const char *tenant_id,
		       port_cancel_cb cb, void *arg);
	/* A run that failed or was cancelled goes on, at from_step or (NULL) with what
	 * failed or was cut off, if it is this tenant's (NULL: whoever's).
	 * ERRORS_NO_RUN, ERRORS_NOT_FAILED, ERRORS_NO_STEP */
	void (*resume_failed)(void *self, const char *run_id, const char *tenant_id,
			      const char *from_step, port_resume_cb cb, void *arg);
	/* As answers_run() says. */
	void (*answer)(void *self, const struct answers_ask *ask, answers_cb cb,
		       void *arg);
};

/* Runs that nobody names. */
struct list_port {
	void *self;
	void (*runs)(void *self, const struct store_run_filter *filter, port_runs_cb cb,
		     void *arg);
	/* Open questions to people. */
	void (*questions)(void *self, const struct store_questions_filter *filter,
			  questions_cb cb, void *arg);
	/* Sums in groups. ERRORS_SCALE_ONLY */
	void (*sums)(void *self, const struct store_analytics_ask *ask, port_sums_cb cb,
		     void *arg);
	/* What ended, minute by minute, and today. */
	void (*minutes)(void *self, int64_t minutes, port_minutes_cb cb, void *arg);
};

/* Conversations. */
struct chat_port {
	void *self;
	/* Accept a message: checks the agent, reserves a place, commits the turn. */
	void (*post)(void *self, struct port_chat *chat);
	/* With at most so many of its turns. ERRORS_NO_SESSION */
	void (*session)(void *self, const char *session_id, int turns,
			port_chat_session_cb cb, void *arg);
	/* One turn, 0: the newest. ERRORS_NO_SESSION */
	void (*turn)(void *self, const char *session_id, int64_t turn,
		     port_chat_turn_cb cb, void *arg);
	/* As a run's events, of one turn or (0) of all. ERRORS_NO_SESSION */
	void (*events)(void *self, const char *session_id, int64_t turn,
		       const char *start, const char *end, int limit, port_events_cb cb,
		       void *arg);
	/* Stop a turn, or (0) the live one and those that wait, if the session is this
	 * tenant's (NULL: whoever's). As a run's cancel; status is the session's if there
	 * was nothing to stop. ERRORS_NO_SESSION */
	void (*cancel)(void *self, const char *session_id, int64_t turn,
		       const char *tenant_id, port_cancel_cb cb, void *arg);
};

/* What works for the queue, what waits in it, and what was given up. */
struct fleet_port {
	void *self;
	void (*workers)(void *self, port_workers_cb cb, void *arg);
	void (*stats)(void *self, port_stats_cb cb, void *arg);
	/* Dead letters; the filter's default_tenant is the port's. */
	void (*letters)(void *self, const struct store_letter_filter *filter,
			port_letters_cb cb, void *arg);
	/* ERRORS_NO_LETTER */
	void (*letter)(void *self, const char *id, port_letter_cb cb, void *arg);
	/* Resolved without a retry, if it is this tenant's (NULL: whoever's); one that is
	 * resolved stays so. ERRORS_NO_LETTER */
	void (*discard)(void *self, const char *id, const char *tenant_id,
			port_done_cb cb, void *arg);
};

/* All of them; borrowed, as long as who made it lives. */
struct runs_port {
	const struct intake_port *intake;
	const struct run_port *run;
	const struct list_port *lists;
	const struct chat_port *chats;
	const struct fleet_port *fleet;
	const struct def_port *defs;
	const struct manage *manage; /* what only scale mode has; NULL: nothing */
};

#endif
