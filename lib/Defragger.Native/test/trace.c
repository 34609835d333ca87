/* See trace.h. */
#include "trace.h"

#include <inttypes.h>
#include <string.h>

static const uint64_t SIZE_MOST = UINT64_C(1) << 48;
static const uint64_t ALIGNMENT_MOST = UINT64_C(1) << 30;
static const uint64_t ALIGNMENT_USUAL = 16;
static const uint64_t COUNT_MOST = UINT64_C(1) << 16;

/* --- Lines --- */

static bool fault(struct trace_reader *reader, const char *allowed)
{
    snprintf(reader->fault, sizeof reader->fault, "line %" PRIu64 ": '%.40s' is not allowed here; write %s",
             reader->line, reader->buffer, allowed);
    return false;
}

static enum trace_step line_read(struct trace_reader *reader)
{
    size_t length = 0;
    int c;
    reader->line++;
    while ((c = getc_unlocked(reader->text)) != EOF && c != '\n' && length <= TRACE_LINE_MOST)
        reader->buffer[length++] = (char)c;
    bool has_nul = memchr(reader->buffer, 0, length) != NULL;
    reader->buffer[length] = 0;
    if (length > TRACE_LINE_MOST || has_nul) {
        fault(reader, "text in lines of at most 4096 characters");
        return TRACE_FAULT;
    }
    return length == 0 && c == EOF ? TRACE_END : TRACE_OPERATION;
}

/* --- Words --- */

/* A number without a sign or a leading zero, and what follows it; NULL: there is none. */
static const char *number_read(const char *text, uint64_t *number)
{
    const char *at = text;
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (*number > ((uint64_t)INT64_MAX - digit) / 10)
            return NULL;
        *number = *number * 10 + digit;
    }
    bool is_number = at > text && (text[0] != '0' || at == text + 1);
    return is_number ? at : NULL;
}

/* " NUMBER" for each, up to the end of the line; how many there are, 0: the line is something else. */
static int numbers_read(const char *text, uint64_t numbers[3])
{
    int count = 0;
    while (count < 3 && *text == ' ') {
        text = number_read(text + 1, &numbers[count++]);
        if (text == NULL)
            return 0;
    }
    return *text == 0 ? count : 0;
}

static const char *const FORMS = "'a SLOT SIZE [ALIGNMENT]', 'z SLOT SIZE', 'r SLOT SIZE', 'f SLOT', 'm SLOT "
                                 "SIZE COUNT', 'd SLOT COUNT', 'v SLOT MOST', 's SLOT OTHER SIZE', 'p "
                                 "PAGES', 'c TIMES', 'o PAGE', 'u PAGE' or 'g MEMBERS'";

/* Its one number is a size, and no slot. */
static bool is_of_none(enum trace_kind kind)
{
    return kind == TRACE_PURGE || kind == TRACE_REFUSE || kind == TRACE_HOLD || kind == TRACE_RESTORE ||
           kind == TRACE_MERGE;
}

/* How many slots from the operation's on. */
static bool count_read(struct trace_reader *reader, struct trace_operation *operation, uint64_t count)
{
    if (count == 0 || count > COUNT_MOST)
        return fault(reader, "a count of 1 to 65536");
    if (operation->slot > INT32_MAX - (count - 1))
        return fault(reader, "slots of 0 to 2147483647");
    operation->count = (uint32_t)count;
    return true;
}

static bool operation_read(struct trace_reader *reader, struct trace_operation *operation)
{
    const char *line = reader->buffer;
    uint64_t numbers[3] = {0, 0, ALIGNMENT_USUAL};
    int count = line[0] == 0 ? 0 : numbers_read(line + 1, numbers);
    char letter = line[0];
    bool is_of_slot = !is_of_none((enum trace_kind)letter);
    bool fits = (letter == 'a' && (count == 2 || count == 3)) || (letter == 'z' && count == 2) ||
                (letter == 'r' && count == 2) || (letter == 'f' && count == 1) ||
                (letter == 'm' && count == 3) || (letter == 'd' && count == 2) ||
                (letter == 'v' && count == 2) || (letter == 's' && count == 3) || (!is_of_slot && count == 1);
    if (!fits)
        return fault(reader, FORMS);
    *operation = (struct trace_operation){.kind = (enum trace_kind)letter, .alignment = ALIGNMENT_USUAL};
    operation->size = !is_of_slot ? numbers[0] : letter == 'd' ? 0 : letter == 's' ? numbers[2] : numbers[1];
    if ((is_of_slot && numbers[0] > INT32_MAX) || (letter == 's' && numbers[1] > INT32_MAX))
        return fault(reader, "a slot of 0 to 2147483647");
    operation->slot = is_of_slot ? (uint32_t)numbers[0] : 0;
    operation->other = letter == 's' ? (uint32_t)numbers[1] : 0;
    if (operation->size > SIZE_MOST)
        return fault(reader, "a size of 0 to 281474976710656");
    if (letter == 'm' || letter == 'd')
        return count_read(reader, operation, letter == 'm' ? numbers[2] : numbers[1]);
    if (letter == 's')
        return true;
    uint64_t alignment = operation->alignment = numbers[2];
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > ALIGNMENT_MOST)
        return fault(reader, "an alignment that is a power of two up to 1073741824");
    return true;
}

/* --- The text --- */

bool trace_open(struct trace_reader *reader, FILE *text)
{
    *reader = (struct trace_reader){.text = text};
    enum trace_step step;
    while ((step = line_read(reader)) == TRACE_OPERATION && reader->buffer[0] == '#')
        if (reader->buffer[1] != 0 && reader->buffer[1] != ' ')
            return fault(reader, "'# TEXT' or '#'");
    if (step == TRACE_FAULT)
        return false;
    uint64_t numbers[3] = {0};
    int count = reader->buffer[0] == 'h' ? numbers_read(reader->buffer + 1, numbers) : 0;
    reader->capacity = numbers[0];
    reader->growth = numbers[1];
    if ((count != 1 && (count != 2 || reader->growth == 0)) || reader->capacity == 0 ||
        reader->capacity % TRACE_GRANULE != 0)
        return fault(reader, "'# TEXT' or 'h CAPACITY [GROWTH]' with a multiple of 16 above 0 and a growth "
                             "above 0");
    return true;
}

enum trace_step trace_next(struct trace_reader *reader, struct trace_operation *operation)
{
    enum trace_step step = line_read(reader);
    return step == TRACE_OPERATION && !operation_read(reader, operation) ? TRACE_FAULT : step;
}

void trace_write(FILE *text, struct trace_operation operation)
{
    if (is_of_none(operation.kind)) {
        fprintf(text, "%c %" PRIu64, (char)operation.kind, operation.size);
        return;
    }
    fprintf(text, "%c %" PRIu32, (char)operation.kind, operation.slot);
    if (operation.kind == TRACE_SPLIT)
        fprintf(text, " %" PRIu32, operation.other);
    if (operation.kind != TRACE_RELEASE && operation.kind != TRACE_RELEASE_MANY)
        fprintf(text, " %" PRIu64, operation.size);
    if (operation.count > 0)
        fprintf(text, " %" PRIu32, operation.count);
    if (operation.kind == TRACE_ALLOCATE && operation.alignment != ALIGNMENT_USUAL)
        fprintf(text, " %" PRIu64, operation.alignment);
}
