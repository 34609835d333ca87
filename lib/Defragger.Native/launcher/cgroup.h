/*
 * A cgroup for one case: a hard limit and an exact peak for the whole tree, where the machine lets us make
 * one.
 *
 *     home                       a directory in which we may create children that have the memory controller
 *     home/defrag-<server>-<id>  the case's own, from before exec until everything in it has ended
 *
 * v1 (alone or hybrid): home is our own cgroup of the memory hierarchy. v2: our own if it hands the memory
 * controller down, else its parent, because a v2 cgroup with processes in it (ours) cannot start to do so.
 *
 * Invariants:
 *   1. Only the case joins; supervisor and server stay outside and so survive what the limit kills.
 *   2. A case runs with the limit that was asked for, or it says that it runs without.
 *   3. Whoever removes a cgroup has seen all processes in it end.
 */
#ifndef DEFRAG_CGROUP_H
#define DEFRAG_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { CGROUP_HOME_MAX = PATH_MAX - 128 }; /* leaves room for the names below it */

struct cgroup_home {
    int version; /* 1 or 2; 0: none was found */
    char path[CGROUP_HOME_MAX];
};

struct cgroup {
    int version; /* 0: this case has none */
    char path[PATH_MAX - 64];
};

bool cgroup_home_find(struct cgroup_home *home);

/* Creates the cgroup of a case; false when there is no home or a limit cannot be set. */
bool cgroup_create(struct cgroup *group, const struct cgroup_home *home, pid_t server, uint64_t id,
                   uint64_t limit);

/* Moves the calling process in. Safe between fork and exec. */
bool cgroup_join(const struct cgroup *group);

uint64_t cgroup_peak(const struct cgroup *group); /* bytes; 0: the kernel does not tell */
uint64_t cgroup_oom_kills(const struct cgroup *group);
void cgroup_kill(const struct cgroup *group); /* all at once, where the kernel can (v2, Linux 5.14) */
void cgroup_remove(const struct cgroup *group);

/* Removes what supervisors that were killed left behind. */
void cgroup_remove_leftovers(const struct cgroup_home *home, pid_t server);

#endif
