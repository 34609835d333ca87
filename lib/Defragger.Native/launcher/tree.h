/*
 * The children of this process, adopted ones included. Supervisor and server are subreapers: whatever a case
 * starts becomes a child of its supervisor (of the server, if that is lost) when its own parent has ended,
 * and cannot get away from there by any number of forks and setsid.
 *
 * Killing a tree is therefore a loop over direct children: kill them, reap them, see who has been adopted
 * since, until there is no child left.
 */
#ifndef DEFRAG_TREE_H
#define DEFRAG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TREE_ROUND = 256 }; /* children of one round; more than that get their turn in the next */

/* Whether a child is to be left out of a scan. */
typedef bool tree_spare(const void *context, pid_t child);

/* Lists up to TREE_ROUND children that have not been reaped yet; returns how many. Quick where the kernel
 * keeps a list (CONFIG_PROC_CHILDREN), which may miss one while others end: to be repeated until wait knows
 * of none. */
size_t tree_children(pid_t children[TREE_ROUND]);

/* The same without those that `spare` names (NULL: nobody), by a scan of /proc: 10 us or so for each process
 * of the machine. A scan that lists nobody proves that nothing is left: whatever lives hangs below a child of
 * ours, and that child stays listed, as a zombie if need be, until we reap it. */
size_t tree_scan(pid_t children[TREE_ROUND], tree_spare *spare, const void *context);

/* SIGKILL to a child and to its process group, all of it at one moment: a chain of processes that fork and
 * end cannot outrun that. False when the kernel refuses (a program with more privilege than we have). */
bool tree_kill(pid_t child);

#endif
