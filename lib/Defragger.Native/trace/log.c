/* See log.h. Neither stdio nor anything else that could allocate. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16, LONGEST_NUMBER = 21, LONGEST_LINE = 4 * LONGEST_NUMBER };

static char buffer[BUFFER_SIZE];
static size_t filled;
static int file = -1;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* there is nobody else to tell */
}

static void flush(void)
{
    for (size_t done = 0; done < filled;) {
        ssize_t written = write(file, buffer + done, filled - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            say("defrag-record: the trace cannot be written and ends here\n");
            log_abandon();
            return;
        }
        done += (size_t)written;
    }
    filled = 0;
}

bool log_open(const char *path)
{
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0 && errno != EEXIST)
        say("defrag-record: the file that DEFRAG_RECORD names cannot be made\n");
    return file >= 0;
}

bool log_is_open(void)
{
    return file >= 0;
}

static void add_number(size_t number)
{
    char digits[LONGEST_NUMBER];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    buffer[filled++] = ' ';
    memcpy(buffer + filled, digits + at, sizeof digits - at);
    filled += sizeof digits - at;
}

void log_line(char letter, const size_t *numbers, size_t count)
{
    if (filled > BUFFER_SIZE - LONGEST_LINE)
        flush();
    buffer[filled++] = letter;
    for (size_t i = 0; i < count; i++)
        add_number(numbers[i]);
    buffer[filled++] = '\n';
}

void log_close(void)
{
    if (file < 0)
        return;
    flush();
    log_abandon();
}

void log_abandon(void)
{
    if (file >= 0)
        close(file);
    file = -1;
    filled = 0;
}
