/*
 * The server: reads requests, forks one supervisor per case, forwards their reports one at a time.
 *
 *     parent --requests--> server --fork--> supervisor --fork, exec--> case
 *        ^------reports------+  ^---one report---+
 *
 * Invariants:
 *   1. Every run that was read gets exactly one report, also when it cannot be started or its supervisor is
 * lost.
 *   2. Reports never interleave: a report is forwarded when all of it is here.
 *   3. At the end (end of input, SIGTERM, broken output, a malformed frame) all cases are told to end, and
 * the server ends after the last of them.
 *   4. Memory is bounded by the cases that run: one table entry, one report of at most twice its capture
 *      limit, and a bounded backlog of output. How many run is the parent's decision.
 *
 * A parent that does not read its reports delays them, not the cases and not its own requests.
 */
#ifndef DEFRAG_SERVE_H
#define DEFRAG_SERVE_H

#include "frame.h"

enum { EXIT_WRONG_USE = 2 };

/* Serves until the end of standard input; returns the exit code: 0, EXIT_WRONG_USE after a malformed frame, 1
 * when standard output broke. */
int serve(void);

/* Runs one case and writes its report to standard output; 0 when it could be written. */
int serve_one(const struct case_spec *spec);

#endif
