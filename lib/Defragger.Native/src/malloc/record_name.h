/* The names of recordings of many processes. */
#ifndef DF_RECORD_NAME_H
#define DF_RECORD_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A pattern with the process id for each %p, and from the second attempt on with "." and its number behind.
 * False: there is no such name, since the pattern has no %p and is one name, the attempts are too many, or
 * the room does not suffice.
 */
bool record_name(const char *pattern, unsigned attempt, char *path, size_t room);

#endif
