/* See report.h. */
#include "report.h"

#include <stdlib.h>
#include <unistd.h>

#include "../os/process.h"
#include "settings.h"
#include "text.h"

void report_mistake(const char *call, const void *address, enum mistake mistake, uint64_t distance,
                    uint64_t size)
{
    struct text text = {0};
    text_add(&text, "defragger: ");
    text_add(&text, call);
    text_add(&text, "(");
    text_address(&text, address);
    switch (mistake) {
    case DOUBLE_FREE:
        text_add(&text, "): double free: this block has been freed already\n");
        break;
    case FREED_TWICE:
        text_add(&text, "): double free: this block was freed twice, or written to after it was freed\n");
        break;
    case INSIDE_A_BLOCK:
        text_add(&text, "): interior pointer: it points ");
        text_number(&text, distance);
        text_add(&text, " bytes into a block of ");
        text_number(&text, size);
        text_add(&text, " bytes\n");
        break;
    case FOREIGN:
        text_add(&text, "): foreign pointer: it was not allocated here\n");
        break;
    }
    os_write(STDERR_FILENO, text.bytes, text.length);
    if (!settings.warn)
        abort();
}
