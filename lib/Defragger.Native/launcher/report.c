/* See report.h. */
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void report_cannot_start(struct report *report, const char *program, const char *directory, int reason)
{
    enum { SHOWN = 300 };
    const char *in = directory != NULL ? " in '" : "";
    const char *end = directory != NULL ? "'" : "";
    snprintf(report->error, sizeof report->error, "cannot start '%.*s'%s%.*s%s: %s", SHOWN, program, in,
             SHOWN, directory != NULL ? directory : "", end, strerror(reason));
}

/* The length of the well-formed UTF-8 sequence at `at`, or 0: no overlong forms, no surrogates, no more than
 * U+10FFFF (the Unicode standard, table 3-7). */
static size_t utf8_length(const unsigned char *at)
{
    static const struct {
        unsigned char first, last, second_from, second_to, length;
    } forms[] = {
        {0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        size_t length = forms[i].length;
        if (length > 1 && (at[1] < forms[i].second_from || at[1] > forms[i].second_to))
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((at[k] & 0xC0) != 0x80) /* the NUL at the end stops here too */
                return 0;
        return length;
    }
    return 0;
}

/* Writes `text` as a JSON string and returns it. */
static const char *json_string(char *json, const char *text)
{
    char *to = json;
    *to++ = '"';
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t length = utf8_length(at);
        if (length == 0) {
            to += sprintf(to, "\\ufffd");
            at++;
        } else if (*at < 0x20 || *at == '"' || *at == '\\') {
            to += sprintf(to, "\\u%04x", (unsigned)*at);
            at++;
        } else {
            memcpy(to, at, length);
            to += length;
            at += length;
        }
    }
    *to++ = '"';
    *to = '\0';
    return json;
}

/* "null" or the number; in a buffer of the caller's, because a line needs two of them. */
static const char *number_or_null(char text[16], bool known, int number)
{
    if (!known)
        return "null";
    snprintf(text, 16, "%d", number);
    return text;
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

size_t report_line(const struct report *report, char line[REPORT_LINE_MAX])
{
    static const char *const sources[] = {"none", "rusage", "cgroup"};
    static const char *const limits[] = {"null", "false", "true"};
    char exit_text[16], signal_text[16], error_text[6 * REPORT_ERROR_MAX + 3];
    const char *error = "null";
    int status = report->wait_status;
    if (report->error[0] != '\0')
        error = json_string(error_text, report->error);
    int length = snprintf(
        line, REPORT_LINE_MAX,
        "{\"id\":%llu,\"exit\":%s,\"signal\":%s,\"timeout\":%s,\"cancelled\":%s,\"oom\":%s,\"error\":%s,"
        "\"wall_us\":%llu,\"user_us\":%llu,\"system_us\":%llu,\"peak_bytes\":%llu,\"peak_source\":\"%s\","
        "\"memory_limited\":%s,\"strays\":%u,\"stdout\":%llu,\"stdout_total\":%llu,\"stderr\":%llu,"
        "\"stderr_total\":%llu}\n",
        (unsigned long long)report->id,
        number_or_null(exit_text, report->ended && WIFEXITED(status), WEXITSTATUS(status)),
        number_or_null(signal_text, report->ended && WIFSIGNALED(status), WTERMSIG(status)),
        truth(report->timed_out), truth(report->cancelled), truth(report->out_of_memory), error,
        (unsigned long long)report->wall_us, (unsigned long long)report->user_us,
        (unsigned long long)report->system_us, (unsigned long long)report->peak_bytes,
        sources[report->peak_source], limits[report->limit], report->strays,
        (unsigned long long)report->kept[0], (unsigned long long)report->total[0],
        (unsigned long long)report->kept[1], (unsigned long long)report->total[1]);
    return (size_t)length;
}
