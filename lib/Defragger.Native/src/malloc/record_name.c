/* See record_name.h. */
#include "record_name.h"

#include <string.h>
#include <unistd.h>

#include "text.h"

enum { ATTEMPTS_MOST = 1000 };

/* Adds characters while there is room for them and for the end. */
static bool add(char *path, size_t *length, size_t room, const char *bytes, size_t count)
{
    if (count >= room - *length)
        return false;
    memcpy(path + *length, bytes, count);
    *length += count;
    path[*length] = '\0';
    return true;
}

static bool add_number(char *path, size_t *length, size_t room, uint64_t number)
{
    struct text text = {.length = 0};
    text_number(&text, number);
    return add(path, length, room, text.bytes, text.length);
}

bool record_name(const char *pattern, unsigned attempt, char *path, size_t room)
{
    size_t length = 0;
    bool fits = true, is_many = false;
    for (const char *at = pattern; fits && *at != '\0'; at++) {
        bool is_process = at[0] == '%' && at[1] == 'p';
        fits = is_process ? add_number(path, &length, room, (uint64_t)getpid())
                          : add(path, &length, room, at, 1);
        is_many |= is_process;
        at += is_process;
    }
    if (attempt > 1)
        fits = fits && is_many && attempt <= ATTEMPTS_MOST && add(path, &length, room, ".", 1) &&
               add_number(path, &length, room, attempt);
    return fits;
}
