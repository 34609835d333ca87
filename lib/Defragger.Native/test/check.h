/*
 * The tests' harness: a check that does not hold prints where it stands, and the test goes on.
 *
 * A test is a function; main calls them one after another and returns check_end(), which prints the line
 * "N passed, N failed".
 */
#ifndef DF_TEST_CHECK_H
#define DF_TEST_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static unsigned check_passed, check_failed;

/* Gives the condition back, so that a test can leave where going on makes no sense. */
#define CHECK(condition) check_note((condition), __FILE__, __LINE__, #condition)

static inline bool check_note(bool holds, const char *file, int line, const char *text)
{
    enum { SHOWN = 50 }; /* a check in a loop that fails always would hide the others */
    check_passed += holds;
    check_failed += !holds;
    if (!holds && check_failed <= SHOWN)
        printf("%s:%d: %s\n", file, line, text);
    return holds;
}

static inline int check_end(void)
{
    printf("%u passed, %u failed\n", check_passed, check_failed);
    return check_failed > 0;
}

#endif
