/* A trace in memory: its operations, and how much of everything they name. */
#ifndef DF_TEST_SCRIPT_H
#define DF_TEST_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

struct script {
    struct trace_operation *operations;
    size_t count;
    uint32_t slots; /* above the highest that is named */
    uint32_t batch; /* the most slots of one */
    uint64_t first_line, capacity, growth;
};

/* Reads all of a trace; false, and stderr says why: it is none, or names more slots than are replayed here.
 * The caller frees the operations in any case. */
bool script_read(struct script *script, FILE *text);

/* What was allocated; there is no replay without it, and the program ends. */
void *need(void *memory);

#endif
