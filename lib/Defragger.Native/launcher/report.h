/*
 * Reports: what `defrag-launch` writes to standard output, one after the other.
 *
 * One line of JSON ended by '\n', then exactly "stdout" + "stderr" raw bytes: what is kept of the two
 * streams.
 *
 * The answer to a measure is a line with its "id" and the number of running cases, "measured", then for each
 * of them two little-endian u64: its id and the bytes that it holds.
 *
 * Invariants:
 *   1. The line holds no raw newline and is valid UTF-8, whatever bytes a program's name has.
 *   2. "exit" and "signal" are never both numbers; both are null when the case did not start or was lost, and
 * then "error" says why.
 */
#ifndef DEFRAG_REPORT_H
#define DEFRAG_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum peak_source { PEAK_NONE, PEAK_RUSAGE, PEAK_CGROUP };

enum limit_state { LIMIT_NOT_ASKED, LIMIT_NOT_ENFORCED, LIMIT_ENFORCED };

enum {
    REPORT_ERROR_MAX = 1024,
    /* Every byte of an error may become six, "\u001f"; the rest is numbers. */
    REPORT_LINE_MAX = 6 * REPORT_ERROR_MAX + 1024,
};

struct report {
    uint64_t id;
    bool ended; /* the case ran and wait_status is what wait said of it */
    int wait_status;
    bool timed_out, cancelled, out_of_memory;
    char error[REPORT_ERROR_MAX]; /* "": none */
    uint64_t wall_us, user_us, system_us;
    uint64_t peak_bytes;
    enum peak_source peak_source;
    enum limit_state limit;
    unsigned strays;
    uint64_t kept[2], total[2]; /* standard output, standard error */
};

/* error: "cannot start 'program': reason", the name cut to a readable length. */
void report_cannot_start(struct report *report, const char *program, const char *directory, int reason);

/* Writes the line, with its newline and a NUL; returns its length. */
size_t report_line(const struct report *report, char line[REPORT_LINE_MAX]);

#endif
