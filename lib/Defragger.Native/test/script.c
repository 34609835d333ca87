#include "script.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SLOTS_MOST = 1 << 24 /* as replay/text_out.c has */ };

void *need(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "replay: out of memory\n");
        exit(2);
    }
    return memory;
}

bool script_read(struct script *script, FILE *text)
{
    static struct trace_reader reader;
    size_t room = 0;
    enum trace_step step = trace_open(&reader, text) ? TRACE_OPERATION : TRACE_FAULT;
    script->capacity = reader.capacity;
    script->growth = reader.growth;
    script->first_line = reader.line + 1;
    while (step == TRACE_OPERATION) {
        if (script->count == room) {
            room = room == 0 ? 4096 : 2 * room;
            script->operations = need(realloc(script->operations, room * sizeof *script->operations));
        }
        struct trace_operation *operation = &script->operations[script->count];
        step = trace_next(&reader, operation);
        uint32_t slots =
            step == TRACE_OPERATION ? operation->slot + (operation->count > 0 ? operation->count : 1) : 0;
        if (step == TRACE_OPERATION && operation->other >= slots)
            slots = operation->other + 1;
        if (slots > SLOTS_MOST) {
            fprintf(stderr, "replay: line %" PRIu64 ": slots up to %d are replayed here\n", reader.line,
                    SLOTS_MOST - 1);
            return false;
        }
        script->count += step == TRACE_OPERATION;
        if (slots > script->slots)
            script->slots = slots;
        if (step == TRACE_OPERATION && operation->count > script->batch)
            script->batch = operation->count;
    }
    if (step == TRACE_FAULT)
        fprintf(stderr, "replay: %s\n", reader.fault);
    return step == TRACE_END;
}
