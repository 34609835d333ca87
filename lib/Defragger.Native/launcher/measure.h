/*
 * What a case holds now: the memory of all processes below its supervisor, from /proc.
 *
 *     held = sum of what each process has for itself + the largest part that one of them shares
 *
 * For itself: RssAnon, as resident - shared of statm (about 6 us a process; the exact share, PSS, costs 20 ms
 * for 100 MB, for the kernel walks the page tables). Shared: files and shared memory; counted once, because
 * the processes of a case mostly share the same.
 *
 * Limits: at most MEASURE_PROCESSES processes of a case are counted. Without CONFIG_PROC_CHILDREN nothing is.
 * A process that ends meanwhile counts as nothing, also while the kernel still takes its pages back (0.1 s a
 * GB): whoever needs a case's highest memory keeps the highest of some readings.
 */
#ifndef DEFRAG_MEASURE_H
#define DEFRAG_MEASURE_H

#include <stdint.h>
#include <sys/types.h>

enum { MEASURE_PROCESSES = 512 };

/* Bytes held by the descendants of `supervisor`; 0 when there are none. */
uint64_t measure_below(pid_t supervisor);

#endif
