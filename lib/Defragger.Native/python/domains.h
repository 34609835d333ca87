/*
 * Python's three allocator domains on our malloc.
 *
 * Python asks for all memory by one of three domains: raw (no lock held), mem (buffers) and obj (objects).
 * Each is a table of four functions. Ours only drop the domain's context and jump to malloc, which lies in
 * the same executable: the call is direct, and the functions count nothing. Those that count are others, and
 * are installed only where they are asked for.
 */
#ifndef DF_PYTHON_DOMAINS_H
#define DF_PYTHON_DOMAINS_H

#include "supported.h"

#include <stdbool.h>

enum { DOMAINS = 3 };

/* What a domain was asked for, where it counts. */
struct domain_calls {
    uint64_t malloc, calloc, realloc, free;
    uint64_t foreign; /* of free: blocks that no call of our malloc gave. They are left alone */
};

/* "raw", "mem", "obj" */
HIDDEN const char *domain_name(unsigned domain);

/*
 * Puts our malloc into all domains, below Python's debug hooks if those are in use. After the
 * pre-initialisation, which would put its own over them, and before Python is initialised: all that was
 * allocated until then came from malloc, so nothing foreign is ever freed.
 */
HIDDEN void domains_install(bool counting);

/* What serves a domain, in words of our own: "stock", "defragger" or "defragger_debug". */
HIDDEN const char *domains_allocator(void);

/* Whether they count. */
HIDDEN bool domains_count(void);

/* 0 everywhere if they do not. */
HIDDEN void domains_calls(unsigned domain, struct domain_calls *calls);

#endif
