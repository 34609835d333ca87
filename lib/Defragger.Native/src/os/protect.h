/*
 * Keeps every other thread from writing to some pages for a moment (userfaultfd, write protection of Linux
 * 5.7): who tries, in a system call too, sleeps in the kernel until he is let go on. Reading goes on.
 *
 * The kernel lets a process do that which may trace others (CAP_SYS_PTRACE), may open /dev/userfaultfd, or
 * where vm.unprivileged_userfaultfd is 1. Without, protection would end in EFAULT for a system call that
 * meets it, and is not offered.
 */
#ifndef DF_OS_PROTECT_H
#define DF_OS_PROTECT_H

#include <stdbool.h>
#include <stddef.h>

/* -1: this process cannot have it. */
int os_protection_open(void);

/* What is still protected is no more, and who sleeps goes on. */
void os_protection_close(int protection);

/* Protects pages from now on; false: they are not. */
bool os_protect(int protection, void *at, size_t size);

/* Lets whoever sleeps for these pages go on, after they have been mapped anew. */
void os_protection_wake(int protection, void *at, size_t size);

/* Ends the protection of pages that have not been mapped anew. */
void os_unprotect(int protection, void *at, size_t size);

#endif
