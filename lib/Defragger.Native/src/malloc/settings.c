/* See settings.h. */
#include "settings.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "../os/libc.h"
#include "../os/process.h"
#include "defragger.h"
#include "text.h"

struct settings settings = {.background = 1, .decay = 1000, .cache = SETTINGS_CACHE_MOST, .merge = MERGE_ON};

static const struct variable {
    const char *name;
    uint32_t *value;
    uint32_t most;
    const char *words[4]; /* of the values 0, 1..., where numbers are not what people write */
} variables[] = {
    {"DEFRAGGER", &settings.off, 1, {"on", "off"}},
    {"DEFRAGGER_BACKGROUND", &settings.background, 1, {NULL, NULL}},
    {"DEFRAGGER_DECAY_MS", &settings.decay, 3600000, {NULL, NULL}},
    {"DEFRAGGER_CACHE", &settings.cache, SETTINGS_CACHE_MOST, {NULL, NULL}},
    {"DEFRAGGER_ON_ERROR", &settings.warn, 1, {"abort", "warn"}},
    {"DEFRAGGER_HARDENED", &settings.hardened, 1, {NULL, NULL}},
    {"DEFRAGGER_STATISTICS", &settings.statistics, 1, {NULL, NULL}},
    {"DEFRAGGER_MERGE", &settings.merge, MERGE_KSM, {"off", "on", "auto", "ksm"}},
};

static bool parse_number(const char *text, uint32_t most, uint32_t *value)
{
    uint64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && number <= most; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    if (at == text || *at != '\0' || number > most)
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool parse_word(const char *text, const struct variable *variable, uint32_t *value)
{
    for (uint32_t i = 0; i <= variable->most; i++)
        if (strcmp(text, variable->words[i]) == 0) {
            *value = i;
            return true;
        }
    return false;
}

static void complain(const struct variable *variable, const char *value)
{
    struct text text = {0};
    text_add(&text, "defragger: ");
    text_add(&text, variable->name);
    text_add(&text, "='");
    for (size_t i = 0; i < 64 && value[i] != '\0'; i++) /* of a value that anybody may have set */
        text_add(&text, (const char[]){value[i] >= ' ' && value[i] <= '~' ? value[i] : '?', '\0'});
    text_add(&text, "' is not ");
    if (variable->words[0] != NULL) {
        for (uint32_t i = 0; i <= variable->most; i++) {
            text_add(&text, i == 0 ? "" : i < variable->most ? ", " : " or ");
            text_add(&text, variable->words[i]);
        }
    } else {
        text_add(&text, "a number from 0 to ");
        text_number(&text, variable->most);
    }
    text_add(&text, "; the default is used\n");
    os_write(STDERR_FILENO, text.bytes, text.length);
}

void settings_read(void)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const struct variable *variable = &variables[i];
        const char *value = os_setting(variable->name);
        if (value == NULL || *value == '\0')
            continue;
        bool known = variable->words[0] != NULL ? parse_word(value, variable, variable->value)
                                                : parse_number(value, variable->most, variable->value);
        if (!known)
            complain(variable, value);
    }
    if (settings.off && !libc_has_malloc()) {
        static const char line[] =
            "defragger: DEFRAGGER=off: this program has no other malloc; it stays on\n";
        os_write(STDERR_FILENO, line, sizeof line - 1);
        settings.off = 0;
    }
    if (settings.merge == MERGE_KSM && settings.hardened != 0) {
        static const char line[] =
            "defragger: DEFRAGGER_MERGE=ksm: it would leave bytes of live blocks in free memory, "
            "which DEFRAGGER_HARDENED=1 promises not to; nothing is merged\n";
        os_write(STDERR_FILENO, line, sizeof line - 1);
        settings.merge = MERGE_OFF;
    }
}

void df_malloc_settings(struct df_malloc_settings *now)
{
    *now = (struct df_malloc_settings){
        .enabled = settings.off == 0,
        .background = settings.background != 0,
        .warn = settings.warn != 0,
        .hardened = settings.hardened != 0,
        .statistics = settings.statistics != 0,
        .decay_ms = settings.decay,
        .cache = settings.cache,
        .merge = (enum df_merge)settings.merge,
    };
}

const char *settings_record_path(void)
{
    const char *path = os_setting("DEFRAGGER_RECORD");
    return path != NULL && *path != '\0' ? path : NULL;
}
