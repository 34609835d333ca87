/*
 * KSM: the kernel's own thread looks for pages of the same bytes, in memory that was offered to it, and puts
 * them on one page, copy on write. Root has to switch it on for the whole machine (/sys/kernel/mm/ksm/run).
 *
 * Addresses and sizes are multiples of DF_PAGE. Nothing here allocates. Functions may change errno.
 */
#ifndef DF_OS_KSM_H
#define DF_OS_KSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum os_ksm {
    OS_KSM_ABSENT,  /* this kernel has none, or does not tell */
    OS_KSM_STOPPED, /* it merges nothing at present */
    OS_KSM_RUNS,
};
enum os_ksm os_ksm_state(void);

/* Offers pages of anonymous memory, from now on and also in the children of forks; false: the kernel does not
 * want them. */
bool os_ksm_offer(void *at, size_t size);

/* The pages of this process that show a merged one, those of the program among them (Linux 5.19); 0: none, or
 * the kernel does not tell. */
uint64_t os_ksm_merged(void);

#endif
