/* A SIMULATION of the kernel's task.h; see FreeRTOS.h beside it. */
#ifndef SIMULATED_TASK_H
#define SIMULATED_TASK_H

#include "FreeRTOS.h"

void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);

/* Critical sections are nested in nothing here. */
#define taskENTER_CRITICAL()
#define taskEXIT_CRITICAL()

#endif
