/* See oom.h. */
#include "oom.h"

#include <stdlib.h>
#include <string.h>

#include "system.h"

uint64_t oom_kills(void)
{
    static char text[16 * 1024]; /* about 5 KiB on current kernels */
    if (!read_text("/proc/vmstat", text, sizeof text))
        return OOM_KILLS_UNKNOWN;
    const char *line = strstr(text, "\noom_kill ");
    return line != NULL ? strtoull(line + strlen("\noom_kill "), NULL, 10) : OOM_KILLS_UNKNOWN;
}
