/* Writes one file of a large pair to standard output. Fast enough that 10 GB take a minute, and the same for
 * the same arguments.
 *
 *   records FORMAT MEGABYTES [shuffled] [changed|moved]
 *
 * FORMAT: jsonlines, csv, sarif (one run), runs (SARIF, a run for each 100,000 findings).
 * shuffled: in an order of its own; changed: one record in 1000 says something else; moved: every finding one
 * line lower; without any: the baseline.
 *
 * A record follows from its number alone. So an order is a permutation of the numbers, and nothing need be
 * kept: a Feistel network over the next even power of two, walked until it is within range (Black and
 * Rogaway, "Ciphers with arbitrary finite domains", 2002). */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVERY = 1000, FINDINGS_A_RUN = 100000, ROUNDS = 4 };

/* About what a record has, to tell how many make so many megabytes. */
enum { JSONLINES_BYTES = 238, CSV_BYTES = 166, SARIF_BYTES = 936 };

struct record {
    uint64_t number;
    unsigned name, code, line, column, module, file, length;
};

static const char pad[] = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789"
                          "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789";

/* The two rounds of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

static uint64_t permuted(uint64_t number, uint64_t count)
{
    int half = 1;
    while (UINT64_C(1) << 2 * half < count)
        half++;
    uint64_t mask = (UINT64_C(1) << half) - 1;
    do {
        uint64_t left = number >> half, right = number & mask;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            uint64_t next = left ^ (mix(right + (round << 32)) & mask);
            left = right;
            right = next;
        }
        number = left << half | right;
    } while (number >= count);
    return number;
}

static struct record record_of(uint64_t number)
{
    uint64_t a = mix(number), b = mix(a);
    return (struct record){
        .number = number,
        .name = (unsigned)(a % 5000),
        .code = (unsigned)(a >> 16) % 100000,
        .line = (unsigned)(b % 20000) + 2,
        .column = (unsigned)(b >> 16) % 80,
        .module = (unsigned)(a >> 40) % 300,
        .file = (unsigned)(b >> 40) % 97,
        .length = (unsigned)(60 + (b >> 50) % 60),
    };
}

static void write_json(const struct record *r, bool changed)
{
    printf("{\"id\":%" PRIu64
           ",\"case\":\"case-%04u\",\"status\":\"%s\",\"ms\":%s%u.%03u,\"file\":\"/src/module%u/file%u.c\","
           "\"line\":%u,\"tags\":[\"fast\",\"linux\"],\"message\":\"%.*s\"}\n",
           r->number, r->name, r->code % 50 ? "passed" : "failed", changed ? "-" : "", r->code, r->column,
           r->module, r->file, r->line, (int)r->length, pad);
}

static void write_row(const struct record *r, bool changed)
{
    printf("%" PRIu64 ",case-%04u,%s,%s%u.%03u,/src/module%u/file%u.c,%u,\"%.*s, \"\"%s\"\"\"\n", r->number,
           r->name, r->code % 50 ? "passed" : "failed", changed ? "-" : "", r->code, r->column, r->module,
           r->file, r->line, (int)r->length, pad, r->code % 3 ? "fast" : "slow");
}

static void write_finding(const struct record *r, bool changed, unsigned line)
{
    printf("{\"ruleId\":\"cpp/"
           "case-%04u\",\"ruleIndex\":%u,\"message\":{\"text\":\"%.*s%s\"},\"locations\":[{"
           "\"physicalLocation\":{"
           "\"artifactLocation\":{\"uri\":\"src/module%u/"
           "file%u.c\",\"uriBaseId\":\"%%SRCROOT%%\"},\"region\":{\"startLine\":%u,"
           "\"startColumn\":5,\"endColumn\":40,\"snippet\":{\"text\":\"    if (!check_case_%04u(buffer + %u, "
           "size)) {\\n"
           "        return fail(context, \\\"%.40s\\\");\\n    "
           "}\"}},\"contextRegion\":{\"startLine\":%u,\"endLine\":%u,"
           "\"snippet\":{\"text\":\"",
           r->name, r->line % 5000, (int)r->length, pad, changed ? " (changed)" : "", r->module, r->file,
           line, r->name, r->line, pad, line - 1, line + 4);
    for (int k = 0; k < 4; k++)
        printf("%s    value[%d] = next(&state%d); /* %.30s */", k > 0 ? "\\n" : "", k, k, pad + k);
    printf("\"}}}}],\"partialFingerprints\":{\"primaryLocationLineHash\":\"%x%" PRIx64 ":1\","
           "\"primaryLocationStartColumnFingerprint\":\"4\"}}",
           r->line * 7919, r->number);
}

static int usage(void)
{
    fputs("usage: records jsonlines|csv|sarif|runs MEGABYTES [shuffled] [changed|moved]\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    bool shuffled = false, changes = false, moved = false;
    char *end = "?";
    unsigned long long megabytes = argc > 2 ? strtoull(argv[2], &end, 10) : 0;
    if (*end != '\0' || megabytes == 0 || megabytes > 10000000)
        return usage();
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "shuffled") == 0)
            shuffled = true;
        else if (strcmp(argv[i], "changed") == 0)
            changes = true;
        else if (strcmp(argv[i], "moved") == 0)
            moved = true;
        else
            return usage();
    }

    bool is_json = strcmp(argv[1], "jsonlines") == 0, is_csv = strcmp(argv[1], "csv") == 0;
    bool has_runs = strcmp(argv[1], "runs") == 0;
    if (!is_json && !is_csv && !has_runs && strcmp(argv[1], "sarif") != 0)
        return usage();
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    uint64_t count = megabytes * 1000000 / (is_json ? JSONLINES_BYTES : is_csv ? CSV_BYTES : SARIF_BYTES);
    static const char run[] = "{\"tool\":{\"driver\":{\"name\":\"CodeQL\",\"rules\":[]}},\"results\":[\n";
    if (is_csv)
        puts("id,case,status,ms,file,line,message");
    else if (!is_json)
        printf("{\"$schema\":\"https://json.schemastore.org/"
               "sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[%s",
               run);
    for (uint64_t i = 0; i < count; i++) {
        struct record r = record_of(shuffled ? permuted(i, count) : i);
        bool changed = changes && r.number % EVERY == EVERY / 2;
        if (is_json) {
            write_json(&r, changed);
        } else if (is_csv) {
            write_row(&r, changed);
        } else {
            if (i > 0 && has_runs && i % FINDINGS_A_RUN == 0)
                printf("]},%s", run);
            else if (i > 0)
                fputs(",\n", stdout);
            write_finding(&r, changed, r.line + (moved ? 1 : 0));
        }
    }

    if (!is_json && !is_csv)
        puts("]}]}");
    return fflush(stdout) != 0 || ferror(stdout) ? (perror("records"), 1) : 0;
}
