/*
 * The case between fork and exec.
 *
 * The case gets: its own session and process group, standard input from /dev/null, two pipes, no other
 * descriptor (all of ours close on exec), default signals and an empty mask, SIGKILL when its supervisor
 * dies, its oom_score_adj, its cgroup if it has one, its directory. The environment, limits and user are the
 * launcher's.
 *
 * What fails on the way is told over a pipe that closes on exec: nothing in it means that the program runs.
 */
#ifndef DEFRAG_START_H
#define DEFRAG_START_H

#include <sys/types.h>

#include "cgroup.h"
#include "frame.h"

enum start_step { START_JOIN, START_DIRECTORY, START_PROGRAM }; /* a case goes on after a failed START_JOIN */

struct start_problem {
    int step; /* enum start_step */
    int reason;
};

struct start_pipes {
    int output, error, problems; /* write ends */
};

_Noreturn void start_case(const struct case_spec *spec, const struct start_pipes *pipes,
                          const struct cgroup *group, pid_t supervisor);

#endif
