/*
 * What the tests of malloc share. They are programs that know malloc by its standard names only, so that each
 * runs under any allocator: alone under that of the C library, or with another one preloaded. What only ours
 * does is found by dlsym, and skipped where it is not there.
 *
 *   DEFRAG_TEST_OURS=1     a program that does not run on libdefragger fails at once, instead of skipping;
 *                          ctest sets it, so that a preload that silently did not happen is no success
 *
 * None of these functions allocates.
 */
#ifndef DF_TEST_MALLOC_SUPPORT_H
#define DF_TEST_MALLOC_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
enum { SKIPPED = 77 };

/* --- Demands: like CHECK of check.h, but for threads and children. The first that fails ends the process.
 * --- */

#define DEMAND(condition) ((condition) ? (void)0 : demand_failed(__FILE__, __LINE__, #condition))
_Noreturn void demand_failed(const char *file, int line, const char *text);

/* --- Values that the compiler knows nothing of, so that it neither warns nor optimizes --- */

static inline void *opaque(void *pointer)
{
    __asm__ volatile("" : "+r"(pointer));
    return pointer;
}

static inline size_t opaque_size(size_t size)
{
    __asm__ volatile("" : "+r"(size));
    return size;
}

/* --- Random numbers and contents --- */

struct random {
    uint64_t state;
};
uint32_t random_next(struct random *random);
/* A number below a bound that is not 0. */
uint32_t random_below(struct random *random, uint32_t bound);
/* Small ones most often: a uniform number of bits, then a uniform number of that many. */
size_t random_size(struct random *random, unsigned bits);

/* Every byte depends on the key and its place. */
void pattern_fill(void *block, size_t size, uint64_t key);
bool pattern_holds(const void *block, size_t size, uint64_t key);
bool all_bytes(const void *block, size_t size, unsigned char value);
/* The key that the contents of a block have: two owners of one address differ by their seeds. */
static inline uint64_t key_of(const void *block, uint64_t seed)
{
    return (uint64_t)(uintptr_t)block ^ seed << 47;
}

/* --- This process --- */

/* Whether malloc is that of libdefragger, and one of its functions by name (NULL if it is not). */
bool ours(void);
void *our_function(const char *name);
/* Whether a function comes from the same library as malloc: one that does not serves other blocks. */
bool with_malloc(const char *name);
/* To 16 bytes; other allocators align less than 16 bytes only as what fits into them. */
bool is_aligned(const void *block, size_t size);
/* Proportional set size of this process, in bytes. */
uint64_t memory_pss(void);
void sleep_ms(unsigned milliseconds);

/* Waits until something is so that happens by itself, on a machine that may be busy: half a minute at the
 * most, which only a test that fails waits. Whether it is so. */
bool eventually(bool (*is_so)(const void *context), const void *context);
/* A deadlock ends the process by SIGALRM, which the caller sees as a failure. */
void guard_seconds(unsigned seconds);

/* --- Child processes --- */

struct outcome {
    int status;      /* as waitpid gives it */
    char out[4096];  /* what was written to stdout, shortened */
    char err[16384]; /* and to stderr */
};
/* Runs this program again with two arguments, and with up to 4 settings "NAME=VALUE" in its environment. */
void run_self(const char *first, const char *second, const char *const settings[], struct outcome *outcome);
/* Forks a child that runs the function and exits by its value; gives the status. */
int run_forked(int (*function)(void *), void *argument);
bool exited_with(int status, int code);
bool killed_by(int status, int number);

#endif
