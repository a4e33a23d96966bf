/*
 * main.c - the roof: from the command line to the master or a verb
 */
#include <stdio.h>

int main(void)
{
	(void)puts(PACKAGE_STRING);
	return 0;
}
