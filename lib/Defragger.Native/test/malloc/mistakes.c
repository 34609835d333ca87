/*
 * Mistakes of programs, each in a process of its own: a line on stderr names the call, the address and the
 * class of the mistake, then the process ends by SIGABRT; with DEFRAGGER_ON_ERROR=warn it goes on and works.
 *
 *   defrag-malloc-mistakes               all of them, in both ways, plain and hardened
 *   defrag-malloc-mistakes NAME ""       one of them; prints the address first
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "mistakes.h"
#include "support.h"

enum { BLOCKS = 3000 };

/* --- One of them --- */

/* After a mistake that was only reported, no block is handed out twice. */
static void work_on(void)
{
    static unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = i % 2 == 0 ? 64 : 16 + i;
        blocks[i] = malloc(size);
        DEMAND(blocks[i] != NULL);
        pattern_fill(blocks[i], size, key_of(blocks[i], i));
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = i % 2 == 0 ? 64 : 16 + i;
        DEMAND(pattern_holds(blocks[i], size, key_of(blocks[i], i)));
        free(blocks[i]);
    }
    malloc_trim(0);
}

static int make_mistake(const char *name)
{
    for (size_t i = 0; i < mistake_count; i++)
        if (strcmp(name, mistakes[i].name) == 0) {
            mistakes[i].make();
            printf("passed\n");
            work_on();
            printf("worked on\n");
            return 0;
        }
    return 2;
}

/* --- All of them --- */

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* The line has the address that the child announced, and a class. */
static bool report_fits(const struct mistake *mistake, bool hardened, const struct outcome *outcome)
{
    char address[32] = "?";
    const char *announced = strstr(outcome->out, "address ");
    if (announced != NULL)
        sscanf(announced, "address %31s", address);
    const char *other = mistake->mapped && hardened ? "foreign pointer" : mistake->classes[1];
    bool class_fits = strstr(outcome->err, mistake->classes[0]) != NULL ||
                      (other != NULL && strstr(outcome->err, other) != NULL);
    return class_fits && strstr(outcome->err, address) != NULL &&
           strncmp(outcome->err, "defragger: ", 11) == 0;
}

static void judge(const struct mistake *mistake, bool hardened, bool warn, const struct outcome *outcome)
{
    unsigned before = check_failed;
    bool passed = strstr(outcome->out, "passed\n") != NULL;
    CHECK(report_fits(mistake, hardened, outcome));
    CHECK(count_lines(outcome->err) == 1);
    if (warn) {
        CHECK(exited_with(outcome->status, 0) && strstr(outcome->out, "worked on\n") != NULL);
    } else {
        CHECK(killed_by(outcome->status, SIGABRT));
        CHECK(!passed || mistake->late);
    }
    if (check_failed > before)
        printf("  in %s (%s): status 0x%x\n%s%s", mistake->name, warn ? "warn" : "abort",
               (unsigned)outcome->status, outcome->out, outcome->err);
}

static void test_mistakes(bool hardened)
{
    const char *setting = hardened ? "DEFRAGGER_HARDENED=1" : "DEFRAGGER_HARDENED=0";
    static struct outcome outcome;
    const char *const aborting[] = {setting, NULL}, *const asked[] = {setting, "DEFRAGGER_ON_ERROR=abort",
                                                                      NULL};
    const char *const warning[] = {setting, "DEFRAGGER_ON_ERROR=warn", NULL};
    for (size_t i = 0; i < mistake_count; i++) {
        run_self(mistakes[i].name, "", i % 2 == 0 ? aborting : asked, &outcome);
        judge(&mistakes[i], hardened, false, &outcome);
        run_self(mistakes[i].name, "", warning, &outcome);
        judge(&mistakes[i], hardened, true, &outcome);
    }
}

int main(int count, char **arguments)
{
    guard_seconds(60);
    if (count == 3)
        return make_mistake(arguments[1]);
    if (!ours()) {
        printf("skipped: other allocators have their own words for mistakes\n");
        return SKIPPED;
    }
    test_mistakes(false);
    test_mistakes(true);
    return check_end();
}
