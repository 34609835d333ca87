/*
 * A process that rests but for some of its pages: what merging by itself takes, and what it brings.
 *
 *   bench-malloc-hot PERCENT SECONDS      a library of ours preloaded
 *
 * 1,200,000 blocks of 16 to 160 bytes, of which one in a hundred stays. Every 100 ms the lowest PERCENT of
 * those are written to, and a block is taken and freed. Prints milliseconds of processor time from then on,
 * KiB held (the mean of every second, and in the end), pages that were merged, and of those the ones that
 * were written to.
 */
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "../../include/defragger.h"
#include "draw.h"
#include "gauge.h"

enum { BLOCKS = 1200000, STAYS = 100, TURN = 100000 /* microseconds */, TURNS = 10 /* a second */ };

static char *blocks[BLOCKS];
static size_t stay;

static void build(void)
{
    uint64_t state = 1;
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = 16 + draw_below(&state, 145);
        blocks[i] = malloc(size);
        if (blocks[i] == NULL)
            exit(1);
        touch_ends(blocks[i], size);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (draw_below(&state, STAYS) == 0)
            blocks[stay++] = blocks[i];
        else
            free(blocks[i]);
}

int main(int count, char **words)
{
    void (*tell)(struct df_compact_statistics *);
    void *symbol = dlsym(RTLD_DEFAULT, "df_compact_statistics");
    struct df_compact_statistics merging;
    if (count != 3 || symbol == NULL) {
        fprintf(stderr, "usage: LD_PRELOAD=libdefragger.so bench-malloc-hot PERCENT SECONDS\n");
        return 2;
    }
    memcpy(&tell, &symbol, sizeof tell);
    build();
    size_t hot = stay * strtoul(words[1], NULL, 10) / 100, seconds = strtoul(words[2], NULL, 10);
    double begin = now_ns();
    uint64_t held = 0;
    for (size_t turn = 1; turn <= seconds * TURNS; turn++) {
        for (size_t i = 0; i < hot; i++)
            blocks[i][1]++;
        free(malloc(100000));
        usleep(TURN);
        held += turn % TURNS == 0 ? gauge_read().held : 0;
    }
    double taken = now_ns() - begin;
    tell(&merging);
    printf("%.0f %llu %llu %llu %llu\n", taken / 1e6, (unsigned long long)(held / seconds / 1024),
           (unsigned long long)(gauge_read().held / 1024), (unsigned long long)merging.merges,
           (unsigned long long)merging.unmerges);
    return 0;
}
