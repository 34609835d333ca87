/* What the environment says; the variables are described in defragger.h. */
#ifndef DF_SETTINGS_H
#define DF_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum { SETTINGS_CACHE_MOST = 2048 };

/* When pages are merged. */
enum merge { MERGE_OFF, MERGE_ON, MERGE_AUTO, MERGE_KSM };

struct settings {
    uint32_t off;        /* 1: the C library's malloc serves all calls */
    uint32_t background; /* 1: a thread may be started */
    uint32_t decay;      /* milliseconds */
    uint32_t cache;      /* blocks of a size and thread */
    uint32_t warn;       /* 1: a mistake is reported, and the program goes on */
    uint32_t hardened;
    uint32_t statistics; /* 1: printed at exit */
    uint32_t merge;      /* enum merge */
};

extern struct settings settings;

/* Reads the environment, once it is there. */
void settings_read(void);

/* DEFRAGGER_RECORD, or NULL. */
const char *settings_record_path(void);

#endif
