/*
 * A lock in one word, for a malloc: it needs no memory and no initialisation, can be reset in the child of a
 * fork, and sleeps in the kernel (futex) when it has to wait. Ulrich Drepper, "Futexes Are Tricky", mutex 3:
 * 0 free, 1 taken, 2 taken and somebody may sleep.
 */
#ifndef DF_OS_LOCK_H
#define DF_OS_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct os_lock {
    _Atomic uint32_t state;
};

void os_lock_wait(struct os_lock *lock);
void os_lock_wake(struct os_lock *lock);

/* False: somebody has it. */
static inline bool os_lock_try(struct os_lock *lock)
{
    uint32_t expected = 0;
    return atomic_compare_exchange_strong_explicit(&lock->state, &expected, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void os_lock_take(struct os_lock *lock)
{
    if (!os_lock_try(lock))
        os_lock_wait(lock);
}

static inline void os_lock_give(struct os_lock *lock)
{
    if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2)
        os_lock_wake(lock);
}

/* In the child of a fork: whoever held it or waited for it is not there any more. */
static inline void os_lock_reset(struct os_lock *lock)
{
    atomic_store_explicit(&lock->state, 0, memory_order_relaxed);
}

/* Sleeps while *word is `value`, at most `milliseconds` (negative: for ever), or until os_wake. */
void os_sleep(_Atomic uint32_t *word, uint32_t value, int64_t milliseconds);
void os_wake(_Atomic uint32_t *word);

/* Lets another thread run. */
void os_yield(void);

#endif
