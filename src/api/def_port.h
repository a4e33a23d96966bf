/* def_port.h - where definitions are kept, as handlers see it: rows or files */
#ifndef API_DEF_PORT_H
#define API_DEF_PORT_H

#include "api/errors.h"
#include "store/store_definitions.h"

#include <stddef.h>
#include <stdint.h>

/* All that callbacks are given is borrowed for the call, and none unless error is
 * ERRORS_NONE. Each is called once, later or at once. */

typedef void (*def_put_cb)(void *arg, enum errors_code error,
			   const struct store_put *puts);
typedef void (*def_list_cb)(void *arg, enum errors_code error,
			    const struct store_definition_item *items, size_t n);
typedef void (*def_get_cb)(void *arg, enum errors_code error,
			   const struct store_definition *found);
typedef void (*def_versions_cb)(void *arg, enum errors_code error,
				const struct store_version *versions, size_t n);

struct def_text {
	enum store_definition_kind kind;
	const char *text;
};
typedef void (*def_export_cb)(void *arg, enum errors_code error,
			      const struct def_text *texts, size_t n);

/* Arguments are read before a call returns. Secrets of what is got are masked. */
struct def_port {
	void *self;
	/* n > 0 of them, each by itself; puts of the answer are in their order. */
	void (*put)(void *self, const struct store_definition_new *puts, size_t n,
		    def_put_cb cb, void *arg);
	/* As store_definitions_delete(); one put in the answer. */
	void (*remove)(void *self, enum store_definition_kind kind, const char *id,
		       const char *only_tenant, int64_t expect, def_put_cb cb, void *arg);
	/* Of tools and servers. */
	void (*list)(void *self, enum store_definition_kind kind, def_list_cb cb,
		     void *arg);
	/* version 0: the current one. ERRORS_NO_DEFINITION. */
	void (*get)(void *self, enum store_definition_kind kind, const char *id,
		    int64_t version, def_get_cb cb, void *arg);
	void (*versions)(void *self, enum store_definition_kind kind, const char *id,
			 int64_t below, int limit, def_versions_cb cb, void *arg);
	void (*export)(void *self, const struct store_export *ask, def_export_cb cb,
		       void *arg);
};

#endif
