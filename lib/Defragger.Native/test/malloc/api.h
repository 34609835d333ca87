/* The functions of defragger.h, found in whatever library is loaded. */
#ifndef DF_TEST_MALLOC_API_H
#define DF_TEST_MALLOC_API_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/defragger.h"
#include "support.h"

struct api {
    void (*statistics)(struct df_malloc_statistics *);
    void (*print)(int);
    uint64_t (*trim)(void);
    int (*snapshot)(int);
    int (*record_start)(const char *);
    int (*record_stop)(void);
    void (*settings)(struct df_malloc_settings *);
    const char *(*version)(void);
};

static inline void api_find(const char *name, void *function, size_t size)
{
    void *symbol = our_function(name); /* NULL: the test that calls it says so */
    memcpy(function, &symbol, size);
}

static inline struct api api_load(void)
{
    struct api api;
    api_find("df_malloc_statistics", &api.statistics, sizeof api.statistics);
    api_find("df_malloc_print", &api.print, sizeof api.print);
    api_find("df_malloc_trim", &api.trim, sizeof api.trim);
    api_find("df_malloc_snapshot", &api.snapshot, sizeof api.snapshot);
    api_find("df_malloc_record_start", &api.record_start, sizeof api.record_start);
    api_find("df_malloc_record_stop", &api.record_stop, sizeof api.record_stop);
    api_find("df_malloc_settings", &api.settings, sizeof api.settings);
    api_find("df_malloc_version", &api.version, sizeof api.version);
    return api;
}

static inline struct df_malloc_statistics api_statistics(const struct api *api)
{
    struct df_malloc_statistics now;
    memset(&now, 0xFF, sizeof now);
    api->statistics(&now);
    return now;
}

/* Begins a test of ours alone: one that hangs fails, and under another malloc it is skipped. */
static inline struct api api_or_skip(void)
{
    guard_seconds(60);
    if (!ours()) {
        printf("skipped: libdefragger is not loaded\n");
        exit(SKIPPED);
    }
    return api_load();
}

#endif
