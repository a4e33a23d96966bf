/* conf_credentials.h - secrets that a service manager hands over as files */
#ifndef CONF_CONF_CREDENTIALS_H
#define CONF_CONF_CREDENTIALS_H

struct conf_build;

/* The environment variable that names the folder. */
#define CONF_CREDENTIALS_ENV "CREDENTIALS_DIRECTORY"

/* Take the secret options for which the folder has a file. Errors go to build->errors. */
void conf_credentials_read(struct conf_build *build);

#endif
