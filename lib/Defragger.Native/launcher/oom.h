/*
 * Whether the kernel killed for want of memory, without a cgroup of our own to ask.
 *
 * The kernel counts its kills of the whole machine in /proc/vmstat. A case that died by a SIGKILL that nobody
 * here sent, while that count grew or is not to be had, is taken for one of them. The server refreshes its
 * count before starting a case when it is older than OOM_FRESH_US; a supervisor inherits it by fork and reads
 * the file only after such a death.
 */
#ifndef DEFRAG_OOM_H
#define DEFRAG_OOM_H

#include <stdint.h>

enum { OOM_FRESH_US = 100 * 1000 };

#define OOM_KILLS_UNKNOWN UINT64_MAX

uint64_t oom_kills(void); /* since boot; OOM_KILLS_UNKNOWN when the kernel does not tell */

#endif
