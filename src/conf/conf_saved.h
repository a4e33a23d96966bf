/* conf_saved.h - options that were saved from the page */
#ifndef CONF_CONF_SAVED_H
#define CONF_CONF_SAVED_H

struct conf_build;
struct conf_row;

/* Of data_dir. The host's own: stock's settings, of which ours are a part. */
#define CONF_SAVED_HOST "settings.json"
/* The fleet's, as its keeper has last seen them come up. */
#define CONF_SAVED_FLEET "fleet_settings.json"
#define CONF_SAVED_MAX   (1024 * 1024)
/* The member of the host's file with options under their own names. */
#define CONF_SAVED_OURS "synapsed"

/* Read both, if they are there. */
void conf_saved_read(struct conf_build *build, const char *data_dir);

enum conf_saved_scope {
	CONF_SAVED_NOT,       /* is not for the page */
	CONF_SAVED_FOR_HOST,  /* each host has its own */
	CONF_SAVED_FOR_FLEET, /* all hosts have the same */
};

enum conf_saved_scope conf_saved_scope(const struct conf_row *row);

/* Stock's name of an option in settings.json, or NULL; and the option of such a name. */
const char *conf_saved_stock(const struct conf_row *row);
const struct conf_row *conf_saved_find(const char *stock);

/* Does this source stand above what is saved? */
int conf_saved_pins(const char *source);

#endif
