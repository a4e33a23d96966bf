/* validate.h - whether each step of a definition can be executed */
#ifndef RUN_VALIDATE_H
#define RUN_VALIDATE_H

struct definition;
struct definition_rules;
struct definition_step;
struct problems;

/* For definition_validate(): all steps, and where the definition starts. */
void validate_steps(const struct definition *definition,
		    const struct definition_rules *rules, struct problems *problems);

/* For its parts. A problem, or a warning, of a step's field (NULL: of the step) and of
 * the key or index in it (NULL: of all of it). */
void validate_complain(struct problems *problems, const struct definition_step *step,
		       const char *field, const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void validate_warn(struct problems *problems, const struct definition_step *step,
		   const char *field, const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* That the target is a step, if there is one. */
void validate_target(const struct definition *definition,
		     const struct definition_step *step, const char *field,
		     const char *key, const char *target, struct problems *problems);

#endif
