/*
 * The tests' harness: a check that does not hold prints where it stands, and the test goes on.
 *
 * A test is a function; main calls them one after another and returns check_end(), which prints the line
 * "N passed, N failed" (and ", N pending": what is known not to hold yet).
 */
#ifndef DF_TEST_CHECK_H
#define DF_TEST_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static unsigned check_passed, check_failed, check_pending;

/* Gives the condition back, so that a test can leave where going on makes no sense. */
#define CHECK(condition) check_note((condition), __FILE__, __LINE__, #condition)

/* A check that is known to fail, with the reason. It says so when it holds: then it should become a CHECK. */
#define PENDING(condition, why) check_note_pending((condition), __FILE__, __LINE__, #condition, why)

static inline bool check_note(bool holds, const char *file, int line, const char *text)
{
    enum { SHOWN = 50 }; /* a check in a loop that fails always would hide the others */
    check_passed += holds;
    check_failed += !holds;
    if (!holds && check_failed <= SHOWN)
        printf("%s:%d: %s\n", file, line, text);
    return holds;
}

static inline bool check_note_pending(bool holds, const char *file, int line, const char *text,
                                      const char *why)
{
    check_pending++;
    printf("%s:%d: pending (%s)%s: %s\n", file, line, why, holds ? ", but it holds now" : "", text);
    return holds;
}

static inline int check_end(void)
{
    printf("%u passed, %u failed", check_passed, check_failed);
    if (check_pending > 0)
        printf(", %u pending", check_pending);
    printf("\n");
    return check_failed > 0;
}

#endif
