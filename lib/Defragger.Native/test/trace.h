/*
 * Reads the text of a trace, operation by operation (the format: lib/Defragger/Traces/TraceLine.cs).
 *
 * As strict as the reader in C#: one operation has one text, a line that is none is a fault that names the
 * line. The text of a story is skipped, not looked at.
 */
#ifndef DF_TEST_TRACE_H
#define DF_TEST_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Their letters in the text. */
enum trace_kind {
    TRACE_ALLOCATE = 'a',
    TRACE_ALLOCATE_ZEROED = 'z',
    TRACE_RESIZE = 'r',
    TRACE_RELEASE = 'f',
    TRACE_ALLOCATE_MANY = 'm',
    TRACE_RELEASE_MANY = 'd',
    TRACE_ALLOCATE_VICTIM = 'v', /* size: the most */
    TRACE_SPLIT = 's',           /* size: of the part that stays in the slot */
    TRACE_PURGE = 'p',           /* size: the number of pages */
    TRACE_REFUSE = 'c',          /* size: how many of the next commits the outside refuses */
    TRACE_HOLD = 'o',            /* size: the page */
    TRACE_RESTORE = 'u',         /* size: the page */
    TRACE_MERGE = 'g',           /* size: the most pages of a group */
};

struct trace_operation {
    enum trace_kind kind;
    uint32_t slot, count;     /* count of slots from this one on; 0 but for the many */
    uint32_t other;           /* slot of the second part; split only */
    uint64_t size, alignment; /* alignment is 16 where none is written */
};

enum {
    TRACE_LINE_MOST = 4 * 4096, /* bytes: 4096 characters */
    TRACE_GRANULE = 16,         /* a capacity is a number of these */
};

struct trace_reader {
    FILE *text;
    uint64_t line;     /* the number of the last line read, from 1 */
    uint64_t capacity; /* of the arena, from the head */
    uint64_t growth;   /* from there, too; 0, where none is written: all is committed at once */
    char fault[300];   /* what is wrong with that line */
    char buffer[TRACE_LINE_MOST + 2];
};

enum trace_step { TRACE_END, TRACE_OPERATION, TRACE_FAULT };

/* Reads the head; false: see fault. */
bool trace_open(struct trace_reader *reader, FILE *text);

enum trace_step trace_next(struct trace_reader *reader, struct trace_operation *operation);

/* The operation as a line, without its end. */
void trace_write(FILE *text, struct trace_operation operation);

#endif
