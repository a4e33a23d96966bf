/* sim_case.h - definitions with scripted answers, instead of those of chance */
#ifndef TESTS_SIM_CASE_H
#define TESTS_SIM_CASE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_call;
struct json;
struct llm_call;
struct sim_counts;
struct sim_plan;
struct sim_run;
struct sim_world;

/* One case of a file (tests/conformance/test_sim.py writes it). Texts are owned. */
struct sim_case {
	char *name;
	char *definition; /* JSON text, as the next */
	char *inputs;
	char *message;
	bool narrow; /* the run has little time: nothing stands still and no clock jumps */
	struct json
		*doc; /* for the rest: answers, code, tools, agents, http, limits... */
};

struct sim_cases {
	struct sim_case *items;
	size_t count;
};

/* Says what is wrong with it and ends the process. */
void sim_cases_read(struct sim_cases *cases, const char *file);
void sim_cases_free(struct sim_cases *cases);

/* What a seed is for it: the first is one without faults. */
void sim_case_plan(const struct sim_case *one, uint64_t seed, struct sim_plan *plan);
/* How long the model takes, and what it answers; tries: how often that was asked for. */
int64_t sim_case_delay_ms(const struct sim_case *one, const struct llm_call *call);
void sim_case_answer(const struct sim_case *one, struct llm_call *call, int tries);
/* It is asked: what a report tells of it. */
void sim_case_note(struct sim_run *run, const struct llm_call *call);
/* Whether the code ends at all, and how. */
bool sim_case_code(const struct sim_case *one, struct code_call *call);
/* Whether people answer that question at all, and what; NULL: only the first. */
bool sim_case_people(const struct sim_case *one, const char *step_id, const char *path,
		     int execution, struct str *ret);
/* Whether the run is to be cancelled behind that event. */
bool sim_case_cancels(const struct sim_case *one, const struct json *event);
/* One line of JSON on stdout: what the run came to. */
void sim_case_print(const struct sim_case *one, uint64_t seed, const struct sim_run *run,
		    const struct sim_counts *counts);

#endif
