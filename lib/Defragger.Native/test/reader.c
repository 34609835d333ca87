/* The trace reader (trace.h): what it takes comes back as the same text, what it refuses names the line. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "text.h"

static FILE *text_of(const char *text)
{
    FILE *file = tmpfile();
    if (file == NULL || fputs(text, file) < 0)
        exit(2);
    rewind(file);
    return file;
}

static void takes(const char *head, uint64_t capacity, uint64_t growth, const char *operations)
{
    static struct trace_reader reader;
    struct trace_operation operation;
    char text[1024], written[1024] = "";
    snprintf(text, sizeof text, "%s%s", head, operations);
    FILE *file = text_of(text), *memory = fmemopen(written, sizeof written, "w");
    CHECK(trace_open(&reader, file) && reader.capacity == capacity && reader.growth == growth);
    enum trace_step step;
    while ((step = trace_next(&reader, &operation)) == TRACE_OPERATION) {
        trace_write(memory, operation);
        fputc('\n', memory);
    }
    CHECK(step == TRACE_END);
    fclose(memory);
    fclose(file);
    CHECK(strcmp(written, operations) == 0);
}

static void refuses(const char *text, const char *fault)
{
    static struct trace_reader reader;
    struct trace_operation operation;
    FILE *file = text_of(text);
    bool refused = !trace_open(&reader, file);
    enum trace_step step = TRACE_OPERATION;
    while (!refused && step == TRACE_OPERATION)
        step = trace_next(&reader, &operation);
    if (!CHECK((refused || step == TRACE_FAULT) && strncmp(reader.fault, fault, strlen(fault)) == 0))
        printf("  %s", text);
    fclose(file);
}

int main(void)
{
    takes("h 8192\n", 8192, 0,
          "a 0 16\na 1 0\na 2 5 1\na 3 5 1073741824\nz 2147483647 281474976710656\nr 3 9\nf 3\np 7\nc 2\n"
          "m 0 16 1\nm 2147418112 281474976710656 65536\nd 0 65536\nd 2147483647 1\n"
          "v 0 0\nv 2147483647 281474976710656\ns 0 2147483647 1\ns 2147483647 0 281474976710656\n");
    takes("# a story\n#\n# of three lines\nh 8192\n", 8192, 0, "");
    takes("h 8192\n", 8192, 0, "p 0\nc 0\nc 281474976710656\n");
    takes("h 16 1\n", 16, 1, "");
    takes("h 9223372036854775792 9223372036854775807\n", (uint64_t)INT64_MAX - 15, INT64_MAX, "f 1\n");

    refuses("", "line 1: ''");
    refuses("# story\n", "line 2: ''");
    refuses("#story\nh 8192\n", "line 1: '#story'");
    refuses("h 8191\n", "line 1: 'h 8191'");
    refuses("h 0\n", "line 1: 'h 0'");
    refuses("h 08192\n", "line 1:");
    refuses("h\n", "line 1:");
    refuses("h 8\n", "line 1:");
    refuses("h 8192 0\n", "line 1:");
    refuses("h 8192 -1\n", "line 1:");
    refuses("h 8192 01\n", "line 1:");
    refuses("h 8192 1 \n", "line 1:");
    refuses("h 8192 1 1\n", "line 1:");
    refuses("h 8192 9223372036854775808\n", "line 1:");
    refuses("h 8192 \n", "line 1:");
    refuses("H 8192\n", "line 1:");
    const char *const lines[] = {
        "",
        "a",
        "a 1",
        "a 1 2 3 4",
        "a 1 2 3",
        "a 1 2 0",
        "a 1 2 2147483648",
        "a 1  2",
        "a  1 2",
        "a 1 2 ",
        " a 1 2",
        "z 1",
        "z 1 2 16",
        "r 1",
        "r 1 2 3",
        "f",
        "f 1 2",
        "p",
        "p 1 2",
        "q 1",
        "m 1 2",
        "m 1 2 3 4",
        "m 1 2 0",
        "m 1 2 65537",
        "m 2147418113 2 65536",
        "m 1 281474976710657 2",
        "d 1",
        "d 1 2 3",
        "d 1 0",
        "d 1 65537",
        "d 2147483648 1",
        "v 1",
        "v 1 2 3",
        "v 2147483648 1",
        "v 1 281474976710657",
        "s 1 2",
        "s 1 2 3 4",
        "s 2147483648 2 3",
        "s 1 2147483648 3",
        "s 1 2 281474976710657",
        "a -1 2",
        "a 1 +2",
        "a 01 2",
        "a 1 02",
        "a 1 281474976710657",
        "f 2147483648",
        "# late",
        "h 8192",
        "a 1 0x10",
        "a\t1\t2",
        "ab 1 2",
        "a 1 9223372036854775808",
        "p 281474976710657",
        "c",
        "c 1 2",
        "c -1",
        "c 281474976710657",
        "f 1\r",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[128];
        snprintf(text, sizeof text, "h 8192\nf 1\n%s\nf 2\n", lines[i]);
        refuses(text, "line 3: '");
    }
    static char longest[TRACE_LINE_MOST + 100];
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '#';
    longest[1] = ' ';
    refuses(longest, "line 1: ");
    return check_end();
}
