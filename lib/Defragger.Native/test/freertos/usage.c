/* For report.sh: what a heap of FreeRTOS's interface holds of blocks of one size, through that interface
 * only. */
#include <stdio.h>

#include "FreeRTOS.h"

static size_t fill(size_t size)
{
    size_t count = 0;
    vPortHeapResetState();
    while (pvPortMalloc(size) != NULL)
        count++;
    return count;
}

int main(void)
{
    static const size_t sizes[] = {16, 32, 64, 128, 24, 100};
    vPortFree(pvPortMalloc(1));
    printf("  %zu bytes free of %d\n", xPortGetFreeHeapSize(), configTOTAL_HEAP_SIZE);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t count = fill(sizes[i]);
        printf("  %3zu-byte blocks: %4zu, %5zu bytes, %.1f %%\n", sizes[i], count, count * sizes[i],
               100.0 * (double)(count * sizes[i]) / configTOTAL_HEAP_SIZE);
    }
    return 0;
}
