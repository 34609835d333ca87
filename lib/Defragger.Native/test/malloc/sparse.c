#include "sparse.h"

struct sparse sparse_make(struct survivor survivors[SPARSE_MOST], size_t count, uint32_t share, uint64_t seed)
{
    enum { AT_A_TIME = 200000 };
    static void *blocks[AT_A_TIME];
    static size_t sizes[AT_A_TIME];
    struct random random = {seed};
    struct sparse sparse = {survivors, 0};
    for (size_t done = 0; done < count; done += AT_A_TIME) {
        size_t now = count - done < AT_A_TIME ? count - done : AT_A_TIME;
        for (size_t i = 0; i < now; i++) {
            sizes[i] = 16 + random_below(&random, 145);
            blocks[i] = malloc(sizes[i]);
            DEMAND(blocks[i] != NULL);
            memset(blocks[i], (int)i, sizes[i]);
        }
        for (size_t i = 0; i < now; i++)
            if (random_below(&random, share) == 0 && sparse.count < SPARSE_MOST)
                survivors[sparse.count++] = (struct survivor){blocks[i], sizes[i], 0};
            else
                free(blocks[i]);
    }
    sparse_write(&sparse, seed);
    return sparse;
}

void sparse_write(struct sparse *sparse, uint64_t seed)
{
    for (size_t i = 0; i < sparse->count; i++) {
        struct survivor *each = &sparse->survivors[i];
        each->key = key_of(each->block, seed);
        pattern_fill(each->block, each->size, each->key);
    }
}

bool sparse_holds(const struct sparse *sparse)
{
    bool holds = true;
    for (size_t i = 0; i < sparse->count; i++) {
        const struct survivor *each = &sparse->survivors[i];
        holds = holds && pattern_holds(each->block, each->size, each->key);
    }
    return holds;
}

void sparse_free(struct sparse *sparse)
{
    for (size_t i = 0; i < sparse->count; i++)
        free(sparse->survivors[i].block);
    sparse->count = 0;
}

uint64_t compact_all(void)
{
    uint64_t (*compact)(uint64_t);
    api_find("df_compact", &compact, sizeof compact);
    return compact(UINT64_MAX);
}

struct df_compact_statistics compact_statistics(void)
{
    struct df_compact_statistics now;
    void (*statistics)(struct df_compact_statistics *);
    api_find("df_compact_statistics", &statistics, sizeof statistics);
    memset(&now, 0xFF, sizeof now);
    statistics(&now);
    return now;
}

enum df_compact_answer compact_answer(void)
{
    compact_all();
    return compact_statistics().answer;
}

bool compact_merges(void)
{
    const char *(*reason)(enum df_compact_answer);
    uint64_t before = compact_statistics().merges;
    compact_all();
    struct df_compact_statistics now = compact_statistics();
    if (now.merges > before)
        return true;
    api_find("df_compact_reason", &reason, sizeof reason);
    printf("nothing was merged: %s\n", reason(now.answer));
    return false;
}
