/* Threads that allocate and free while a test looks. */
#ifndef DF_TEST_MALLOC_OTHERS_H
#define DF_TEST_MALLOC_OTHERS_H

#include "support.h"

/* Starts three, each with up to 300 blocks of sizes of up to so many bits. */
void others_start(unsigned bits);
/* Ends them; their blocks are freed. */
void others_stop(void);

#endif
