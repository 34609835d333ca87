/*
 * Whether the kernel killed for want of memory, without a cgroup of our own to ask.
 *
 * The kernel counts its kills of the whole machine in /proc/vmstat. A case that died by a SIGKILL that nobody
 * here sent, while that count grew, is taken for one of them. The server refreshes its count before starting
 * a case when it is older than OOM_FRESH_US; a supervisor inherits it by fork and reads the file only after
 * such a death.
 */
#ifndef DEFRAG_OOM_H
#define DEFRAG_OOM_H

#include <stdint.h>

enum { OOM_FRESH_US = 100 * 1000 };

uint64_t oom_kills(void); /* since boot; 0 when the kernel does not tell */

#endif
