/* See threads.c. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

void larson(unsigned percent);
void xmalloc(unsigned percent);

#endif
