/* The file that is recorded to: operations as lines of text, through one static buffer. */
#ifndef DEFRAG_TRACE_LOG_H
#define DEFRAG_TRACE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the file; false if it is there already (an earlier process records to it) or cannot be made. */
bool log_open(const char *path);

/* Whether lines are written. Not any more after log_close, or when the disk is full. */
bool log_is_open(void);

/* One line: a letter and `count` numbers. */
void log_line(char letter, const size_t *numbers, size_t count);

/* Writes what is in the buffer and ends the recording. */
void log_close(void);

/* Ends the recording without a write: in a child process, the buffer's lines are its parent's. */
void log_abandon(void);

#endif
