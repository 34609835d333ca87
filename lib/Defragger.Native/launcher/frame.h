/*
 * Requests: what the parent writes to `defrag-launch --serve`.
 *
 * A frame is a little-endian u32, the length of the payload, then the payload:
 *
 *     u8   type            1 run, 2 cancel, 3 measure
 *     u64  id              the parent's number for the case; of a measure, for the answer
 *   a run goes on with
 *     u32  timeout_ms      0: none
 *     u32  grace_ms        from SIGTERM to SIGKILL after a timeout
 *     u64  memory_limit    bytes, 0: none
 *     i32  oom_score_adj   -1000 to 1000
 *     u32  capture_limit   bytes kept of each stream, at most FRAME_CAPTURE_MAX
 *     u32  argc            at least 1
 *     argc + 1 strings, each ended by NUL: the directory ("": the launcher's own), then argv
 *
 * Rules, each checked on decoding and named when broken:
 *   1. No field reaches past the payload.
 *   2. Nothing is left over after the last field.
 *   3. Numbers are within the bounds above.
 */
#ifndef DEFRAG_FRAME_H
#define DEFRAG_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEADER = 4,
    FRAME_PAYLOAD_MAX = 4 * 1024 * 1024, /* above Linux's limit for arguments on its usual stack, 2 MiB */
    FRAME_CAPTURE_MAX = 64 * 1024 * 1024,
};

enum frame_type {
    FRAME_RUN = 1,
    FRAME_CANCEL = 2,
    FRAME_MEASURE = 3,
};

/* One case and its bounds. The strings belong to whoever made it: a payload, or the command line. */
struct case_spec {
    uint64_t id;
    uint64_t memory_limit;
    uint32_t timeout_ms;
    uint32_t grace_ms;
    uint32_t capture_limit;
    int32_t oom_score_adj;
    const char *directory; /* never NULL */
    char **argv;           /* at least argv[0], ended by NULL */
};

struct frame {
    enum frame_type type;
    struct case_spec spec; /* a cancel and a measure have the id only */
};

/* The length a header announces. */
uint32_t frame_length(const uint8_t *header);

/* Reads one payload. Returns NULL, or the rule it breaks. On success frame_free is due; the strings of the
 * result point into the payload. */
const char *frame_decode(uint8_t *payload, size_t length, struct frame *frame);

void frame_free(struct frame *frame);

#endif
