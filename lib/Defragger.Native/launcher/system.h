/*
 * Small verbs over the system: whole reads and writes of tiny files, the clock, descriptors, signals.
 *
 * Nothing here keeps state. The functions marked (child) are safe between fork and exec: they call nothing
 * but system calls.
 */
#ifndef DEFRAG_SYSTEM_H
#define DEFRAG_SYSTEM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The monotonic clock in microseconds. */
uint64_t clock_us(void);

/* Writes all bytes however the kernel cuts them; false with errno when it cannot. (child) */
bool write_all(int fd, const void *bytes, size_t length);

/* Reads the first size-1 bytes of a file and ends them with NUL; false with errno when it cannot. */
bool read_text(const char *path, char *text, size_t size);

/* Writes a short text to an existing file; false with errno when the kernel refuses it. (child) */
bool write_text(const char *path, const char *text);

/* Closes every descriptor from `first` on. */
void close_from(int first);

/* Gives descriptors 0, 1 and 2 something to be, should the parent have closed them: a pipe that became
 * descriptor 1 by accident would be taken for standard output. */
void open_standard_descriptors(void);

/*
 * Signals. Nothing is ever ignored or handled, only blocked and read from a descriptor, because what is
 * ignored stays ignored across exec while a blocked mask is one call to undo in the case.
 */
void signals_to_default(void);
void signals_block(void);

/* A non-blocking descriptor that becomes readable when one of the signals (ended by 0) is pending. */
int signals_open(const int *numbers);

#endif
