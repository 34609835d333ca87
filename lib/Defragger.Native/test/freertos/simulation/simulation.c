/* A SIMULATION of the kernel for tests; see FreeRTOS.h. */
#include "FreeRTOS.h"
#include "task.h"

struct simulation simulation;

void vTaskSuspendAll(void)
{
    simulation.suspended++;
    simulation.suspensions++;
}

BaseType_t xTaskResumeAll(void)
{
    simulation.suspended--;
    return 0;
}

void vApplicationMallocFailedHook(void)
{
    simulation.failed_hooks++;
    simulation.hooks_suspended += simulation.suspended != 0;
}

void simulation_trace(const void *block, size_t size, int is_free)
{
    simulation.unguarded += simulation.suspended != 1;
    if (block == NULL)
        return;
    simulation.mallocs += !is_free;
    simulation.frees += is_free != 0;
    simulation.traced += is_free ? 0 - size : size;
}
