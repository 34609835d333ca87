/*
 * defrag-launch: runs the cases of a comparison, each in its own process, and reports how each ended and what
 * it used. This file is the command line; serve.h tells how the parts fit together.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve.h"
#include "system.h"

static const char usage[] =
    "Usage: defrag-launch --serve\n"
    "       defrag-launch [OPTION...] -- PROGRAM [ARGUMENT...]\n"
    "\n"
    "Runs a program, ends all that it leaves behind, and writes a report to standard\n"
    "output: one line of JSON, then the kept bytes of its two output streams.\n"
    "\n"
    "  --serve              read many cases as binary frames from standard input\n"
    "  --timeout SECONDS    end the program after this time\n"
    "  --grace SECONDS      from SIGTERM to SIGKILL after the timeout (default 2)\n"
    "  --memory BYTES       limit of the program's own cgroup, where one can be made\n"
    "  --oom-score-adj N    the kernel's out-of-memory preference, -1000 to 1000 (default 0)\n"
    "  --capture BYTES      kept of each output stream, first and last half (default 65536)\n"
    "  --directory DIR      where the program starts\n"
    "  --help, --version\n"
    "\n"
    "Exit: 0 when a report was written, 1 when it could not be, 2 for wrong usage.\n";

enum option_code { SERVE = 256, TIMEOUT, GRACE, MEMORY, OOM_SCORE_ADJ, CAPTURE, DIRECTORY, HELP, VERSION };

static const struct option options[] = {
    {"serve", no_argument, NULL, SERVE},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"grace", required_argument, NULL, GRACE},
    {"memory", required_argument, NULL, MEMORY},
    {"oom-score-adj", required_argument, NULL, OOM_SCORE_ADJ},
    {"capture", required_argument, NULL, CAPTURE},
    {"directory", required_argument, NULL, DIRECTORY},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

static int wrong_use(const char *message, const char *value)
{
    fprintf(stderr, "defrag-launch: %s%s%s%s (see --help)\n", message, value != NULL ? " '" : "",
            value != NULL ? value : "", value != NULL ? "'" : "");
    return EXIT_WRONG_USE;
}

static bool parse_whole(const char *text, long long least, long long most, long long *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *value >= least && *value <= most;
}

/* Seconds with a fraction; something above zero never becomes zero, which would mean "none". */
static bool parse_seconds(const char *text, uint32_t *milliseconds)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= UINT32_MAX / 1000))
        return false;
    *milliseconds = (uint32_t)(seconds * 1000);
    if (*milliseconds == 0 && seconds > 0)
        *milliseconds = 1;
    return true;
}

/* Takes one option into the spec; false when its value is wrong. */
static bool option_take(int code, const char *value, struct case_spec *spec)
{
    long long number = 0;
    bool right = true;
    switch (code) {
    case TIMEOUT:
        return parse_seconds(value, &spec->timeout_ms);
    case GRACE:
        return parse_seconds(value, &spec->grace_ms);
    case MEMORY:
        right = parse_whole(value, 1, INT64_MAX, &number);
        spec->memory_limit = (uint64_t)number;
        return right;
    case OOM_SCORE_ADJ:
        right = parse_whole(value, -1000, 1000, &number);
        spec->oom_score_adj = (int32_t)number;
        return right;
    case CAPTURE:
        right = parse_whole(value, 0, FRAME_CAPTURE_MAX, &number);
        spec->capture_limit = (uint32_t)number;
        return right;
    default:
        spec->directory = value;
        return true;
    }
}

int main(int argc, char **argv)
{
    struct case_spec spec = {.grace_ms = 2000, .capture_limit = 64 * 1024, .directory = ""};
    bool serving = false, bounded = false;
    open_standard_descriptors();
    close_from(STDERR_FILENO + 1);
    signals_to_default();
    for (int code, index = 0; (code = getopt_long(argc, argv, "+", options, &index)) != -1;) {
        switch (code) {
        case '?':
            return wrong_use("wrong usage", NULL);
        case HELP:
            return fputs(usage, stdout) < 0 || fflush(stdout) != 0;
        case VERSION:
            return puts("defrag-launch " DEFRAG_VERSION) < 0 || fflush(stdout) != 0;
        case SERVE:
            serving = true;
            break;
        default:
            bounded = true;
            if (!option_take(code, optarg, &spec))
                return wrong_use("wrong value", optarg);
        }
    }
    if (serving)
        return bounded || optind < argc ? wrong_use("--serve stands alone: bounds come with each case", NULL)
                                        : serve();
    if (optind == argc)
        return wrong_use("no program is given", NULL);
    spec.argv = argv + optind;
    return serve_one(&spec);
}
