/*
 * What is kept of one output stream of a case: its beginning and its end, in bounded memory.
 *
 *     |<-- head_limit -->|      left out      |<-- tail_limit -->|
 *     head[0..head)                            ring, oldest byte at tail_at once it is full
 *
 * Invariants:
 *   1. head + tail <= limit, whatever the case prints; memory is taken only when there is something to keep.
 *   2. The tail starts only when the head is full.
 *   3. total counts every byte read; total <= limit means that all of them are kept.
 *
 * The end matters most (the last line says why a program failed), the beginning tells what ran.
 */
#ifndef DEFRAG_CAPTURE_H
#define DEFRAG_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct capture {
    int fd; /* the non-blocking read end; -1 once the stream has ended */
    bool widened;
    uint64_t total;
    size_t head, head_limit;
    size_t tail, tail_limit, tail_at;
    uint8_t *head_bytes;
    uint8_t *ring;
    char marker[64]; /* stands for what is left out; filled by capture_parts */
};

enum { CAPTURE_PARTS = 4 }; /* head, marker, older and newer half of the ring */

void capture_open(struct capture *capture, int fd, size_t limit);

/* Reads once, what is there; closes the descriptor at the end of the stream. Returns the bytes read. */
size_t capture_read(struct capture *capture);

/* Reads what writers that have ended left in the pipe, and no more than a pipe holds: a writer outside of the
 * case's tree (a descriptor sent over a socket) cannot keep us here. Closes the descriptor. */
void capture_finish(struct capture *capture);

/* Adds bytes as if they had been read. */
void capture_add(struct capture *capture, const uint8_t *bytes, size_t length);

/* The kept bytes in order, as parts for writev; returns their sum. The parts live as long as the capture. */
size_t capture_parts(struct capture *capture, struct iovec parts[CAPTURE_PARTS]);

#endif
