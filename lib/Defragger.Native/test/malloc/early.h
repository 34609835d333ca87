/* The same library is built twice: early-needed and early-opened. */
#ifndef DF_TEST_MALLOC_EARLY_H
#define DF_TEST_MALLOC_EARLY_H

#ifndef EARLY_FUNCTION
#define EARLY_FUNCTION early_needed
#define EARLY_NAME "needed"
#endif

/* A block for the caller to free. */
void *EARLY_FUNCTION(void);

#endif
