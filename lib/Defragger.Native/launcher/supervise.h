/*
 * The supervisor: one process per case, forked from the server, that starts the case, watches it, ends all of
 * it and sends one report.
 *
 *     RUNNING --timeout--> ENDING (SIGTERM) --grace--> KILLED (SIGKILL)
 *        |  \---cancel, or the server is gone------------^   |
 *        +-------------------- the main process has ended ---+--> its leftovers are killed, then the report
 *
 * Invariants:
 *   1. When the report is sent, everything that the case started has ended and has been reaped. (Except a
 * child that took on more privilege than we have: it cannot be killed, and is not waited for.)
 *   2. The control socket carries nothing towards the supervisor: its end of stream is the order to end the
 * case. A server that dies gives that order by dying.
 *   3. The main process is reaped only after its group was killed: until then nobody else can get its number.
 *   4. No output and no descriptor held open by anybody can keep the supervisor waiting once the tree is
 * dead.
 */
#ifndef DEFRAG_SUPERVISE_H
#define DEFRAG_SUPERVISE_H

#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "frame.h"

/* What a supervisor takes over from the server by fork. */
struct surroundings {
    pid_t server;
    int null;           /* /dev/null, read and write */
    uint64_t oom_kills; /* of the machine, lately */
    struct cgroup_home home;
};

/* Runs in the forked child: takes over `control`, closes all else that the server has open, never returns.
 * The frame it sends over `control` is a u32 in host order, the length of the report, then the report. */
_Noreturn void supervise(const struct case_spec *spec, int control, const struct surroundings *surroundings);

#endif
