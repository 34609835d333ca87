/*
 * What is recorded by bench/trace.sh: as many operations as are asked for, the same of every seed.
 *
 *   recorded pairs|random|program OPERATIONS SEED
 *
 *   pairs     allocates 64 bytes and frees them
 *   random    frees one of 4,096 blocks and allocates another of 1 to 512 bytes
 *   program   rounds: a structure of short and a few long blocks is built in order, some of it comes and goes
 *             meanwhile, and all but one in a hundred of its blocks is freed, as a worker does with a case
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

enum { PLACES = 4096, ROUND = 200000, KEPT = 100, GROWN = 20 };

static const struct size_mix sizes = {16, {30, 30, 20, 10, 5, 3, 1, 1}};

static void *need(void *block)
{
    if (block == NULL) {
        fputs("recorded: out of memory\n", stderr);
        exit(2);
    }
    return block;
}

static void pairs(uint64_t operations)
{
    for (uint64_t i = 0; i < operations / 2; i++)
        free(need(malloc(64)));
}

static void random_places(uint64_t operations, uint64_t *state)
{
    static void *places[PLACES];
    for (uint64_t i = 0; i < operations / 2; i++) {
        void **place = &places[draw_below(state, PLACES)];
        free(*place);
        *place = need(malloc(1 + draw_below(state, 512)));
    }
}

/* One block of a structure; the operations that it took. */
static unsigned build(void **place, uint64_t *state)
{
    size_t size = draw_size(state, &sizes);
    *place = need(malloc(size));
    if (draw_below(state, GROWN) != 0)
        return 1;
    *place = need(realloc(*place, 2 * size));
    free(need(calloc(1, size)));
    return 4;
}

static void program(uint64_t operations, uint64_t *state)
{
    void **places = need(calloc(ROUND, sizeof *places));
    for (uint64_t done = 0; done < operations;) {
        for (unsigned i = 0; i < ROUND && done < operations; i++)
            done += build(&places[i], state);
        for (unsigned i = 0; i < ROUND && done < operations; i++)
            if (draw_below(state, KEPT) != 0) {
                free(places[i]);
                done++;
            }
    }
}

int main(int count, char **words)
{
    if (count != 4) {
        fputs("usage: recorded pairs|random|program OPERATIONS SEED\n", stderr);
        return 2;
    }
    uint64_t operations = strtoull(words[2], NULL, 10), state = strtoull(words[3], NULL, 10) | 1;
    if (strcmp(words[1], "pairs") == 0)
        pairs(operations);
    else if (strcmp(words[1], "random") == 0)
        random_places(operations, &state);
    else
        program(operations, &state);
    return 0;
}
