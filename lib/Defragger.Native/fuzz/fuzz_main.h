/* What libFuzzer calls, or fuzz_main.c where there is no libFuzzer. */
#ifndef DF_FUZZ_MAIN_H
#define DF_FUZZ_MAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool fuzz_prints; /* operations to stdout, as a trace */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
