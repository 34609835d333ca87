/* See frame.h. The decoder is a cursor that can only move forward and never past the end. */
#include "frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
    uint8_t *at;
    size_t left;
    bool broken; /* a field reached past the end; every later take answers 0 */
};

static uint64_t take_number(struct cursor *cursor, size_t width)
{
    if (cursor->left < width) {
        cursor->broken = true;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value |= (uint64_t)cursor->at[i] << (8 * i);
    cursor->at += width;
    cursor->left -= width;
    return value;
}

static uint32_t take_u32(struct cursor *cursor)
{
    return (uint32_t)take_number(cursor, 4);
}

static char *take_string(struct cursor *cursor)
{
    uint8_t *end = cursor->left > 0 ? memchr(cursor->at, 0, cursor->left) : NULL;
    if (end == NULL) {
        cursor->broken = true;
        return NULL;
    }
    char *text = (char *)cursor->at;
    cursor->left -= (size_t)(end - cursor->at) + 1;
    cursor->at = end + 1;
    return text;
}

static const char *take_strings(struct cursor *cursor, uint32_t argc, struct case_spec *spec)
{
    if (argc == 0)
        return "a run has a program";
    if (argc >= cursor->left) /* each string, the directory too, is at least its NUL */
        return "no field reaches past the payload";
    spec->argv = calloc((size_t)argc + 1, sizeof *spec->argv);
    if (spec->argv == NULL)
        return "there is memory for the arguments";
    spec->directory = take_string(cursor);
    for (uint32_t i = 0; i < argc; i++)
        spec->argv[i] = take_string(cursor);
    return NULL;
}

static const char *take_run(struct cursor *cursor, struct case_spec *spec)
{
    spec->timeout_ms = take_u32(cursor);
    spec->grace_ms = take_u32(cursor);
    spec->memory_limit = take_number(cursor, 8);
    spec->oom_score_adj = (int32_t)take_u32(cursor);
    spec->capture_limit = take_u32(cursor);
    uint32_t argc = take_u32(cursor);
    if (cursor->broken)
        return "no field reaches past the payload";
    if (spec->oom_score_adj < -1000 || spec->oom_score_adj > 1000)
        return "oom_score_adj is from -1000 to 1000";
    if (spec->capture_limit > FRAME_CAPTURE_MAX)
        return "the capture limit is at most 64 MiB";
    return take_strings(cursor, argc, spec);
}

uint32_t frame_length(const uint8_t *header)
{
    return (uint32_t)header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16 |
           (uint32_t)header[3] << 24;
}

const char *frame_decode(uint8_t *payload, size_t length, struct frame *frame)
{
    *frame = (struct frame){0};
    struct cursor cursor = {.at = payload, .left = length};
    uint64_t type = take_number(&cursor, 1);
    frame->spec.id = take_number(&cursor, 8);
    const char *rule = NULL;
    if (type == FRAME_RUN)
        rule = take_run(&cursor, &frame->spec);
    else if (type != FRAME_CANCEL && type != FRAME_MEASURE)
        rule = "a frame is a run (1), a cancel (2) or a measure (3)";
    if (rule == NULL && cursor.broken)
        rule = "no field reaches past the payload";
    if (rule == NULL && cursor.left > 0)
        rule = "nothing is left over after the last field";
    if (rule != NULL)
        frame_free(frame);
    frame->type = (enum frame_type)type;
    return rule;
}

void frame_free(struct frame *frame)
{
    free(frame->spec.argv);
    frame->spec.argv = NULL;
}
