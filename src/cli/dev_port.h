/* dev_port.h - TCP ports on loopback for servers that are started a little later */
#ifndef CLI_DEV_PORT_H
#define CLI_DEV_PORT_H

/* A port that nobody listens on now; 0: there is none. */
int dev_port_free(void);

/*
 * The same, and no other caller of this machine gets it before *claim is closed, which
 * is the caller's. port: this one, or 0 for any. Returns the port, or 0 when it is
 * claimed or in use (*claim is -1).
 */
int dev_port_claim(int port, int *claim);

#endif
