/* How the program ends when it cannot go on, and memory that cannot be refused. */
#ifndef DF_REPLAY_FAIL_H
#define DF_REPLAY_FAIL_H

#include <stddef.h>

/* Exit codes: 0; 1: a policy broke a rule (--check); 2: the call or the trace is wrong, or there is no room.
 */
enum { FAULT_IN_POLICY = 1, FAULT_IN_INPUT = 2 };

/* One line on stderr, and the end. */
_Noreturn void fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tables that are mostly empty: zeros, and no memory until they are touched. */
void *map_sparse(size_t bytes);
void unmap(void *at, size_t bytes);

#endif
