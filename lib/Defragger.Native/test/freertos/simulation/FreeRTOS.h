/*
 * A SIMULATION of the kernel's headers, for tests of heap_defragger.c on a host. It is not FreeRTOS: it has
 * what a heap needs, under the kernel's names, and counts what the heap does with it.
 */
#ifndef SIMULATED_FREERTOS_H
#define SIMULATED_FREERTOS_H

#include <stddef.h>
#include <stdint.h>

/* --- FreeRTOSConfig.h --- */

#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configUSE_MALLOC_FAILED_HOOK 1
#ifndef configAPPLICATION_ALLOCATED_HEAP
#define configAPPLICATION_ALLOCATED_HEAP 0
#endif
#ifndef configTOTAL_HEAP_SIZE
#define configTOTAL_HEAP_SIZE 32768
#endif

/* --- portmacro.h: most 32-bit ports align to 8 bytes --- */

#ifndef portBYTE_ALIGNMENT
#define portBYTE_ALIGNMENT 8
#endif
#define portBYTE_ALIGNMENT_MASK (portBYTE_ALIGNMENT - 1)
#define portPOINTER_SIZE_TYPE uintptr_t
typedef long BaseType_t;

/* --- What is the MPU's --- */

#define PRIVILEGED_DATA
#define PRIVILEGED_FUNCTION

/* --- What is counted --- */

#ifdef SIMULATION_SILENT /* for measuring code */
#define configASSERT(condition) ((void)(condition))
#define traceMALLOC(block, size)
#define traceFREE(block, size)
#else
struct simulation {
    int suspended;            /* how often the scheduler is suspended now */
    unsigned suspensions;     /* so far */
    unsigned failed_hooks;    /* calls of vApplicationMallocFailedHook */
    unsigned hooks_suspended; /* of them, those with the scheduler suspended */
    unsigned asserts;         /* that did not hold */
    unsigned mallocs, frees;  /* traced; those with the scheduler running count as unguarded */
    unsigned unguarded;
    size_t traced; /* bytes: allocated less freed */
};
extern struct simulation simulation;
void simulation_trace(const void *block, size_t size, int is_free);

#define configASSERT(condition) ((condition) ? (void)0 : (void)simulation.asserts++)
#define traceMALLOC(block, size) simulation_trace(block, size, 0)
#define traceFREE(block, size) simulation_trace(block, size, 1)
#endif
#define mtCOVERAGE_TEST_MARKER()

/* --- portable.h: names and fields are the kernel's --- */

typedef struct xHeapStats {
    size_t xAvailableHeapSpaceInBytes;
    size_t xSizeOfLargestFreeBlockInBytes;
    size_t xSizeOfSmallestFreeBlockInBytes;
    size_t xNumberOfFreeBlocks;
    size_t xMinimumEverFreeBytesRemaining;
    size_t xNumberOfSuccessfulAllocations;
    size_t xNumberOfSuccessfulFrees;
} HeapStats_t;

void *pvPortMalloc(size_t xWantedSize);
void *pvPortCalloc(size_t xNum, size_t xSize);
void vPortFree(void *pv);
void vPortInitialiseBlocks(void);
size_t xPortGetFreeHeapSize(void);
size_t xPortGetMinimumEverFreeHeapSize(void);
void xPortResetHeapMinimumEverFreeHeapSize(void);
void vPortGetHeapStats(HeapStats_t *pxHeapStats);
void vPortHeapResetState(void);
void vApplicationMallocFailedHook(void);

#endif
