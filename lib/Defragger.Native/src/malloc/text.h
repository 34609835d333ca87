/* Lines of text without stdio, which allocates: what does not fit is cut off. */
#ifndef DF_TEXT_H
#define DF_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    size_t length;
    char bytes[500];
};

static inline void text_add(struct text *text, const char *words)
{
    for (; *words != '\0' && text->length < sizeof text->bytes; words++)
        text->bytes[text->length++] = *words;
}

static inline void text_digits(struct text *text, uint64_t number, uint32_t base)
{
    char digits[21], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = "0123456789abcdef"[number % base];
    while ((number /= base) != 0);
    text_add(text, at);
}

static inline void text_number(struct text *text, uint64_t number)
{
    text_digits(text, number, 10);
}

static inline void text_address(struct text *text, const void *address)
{
    text_add(text, "0x");
    text_digits(text, (uintptr_t)address, 16);
}

#endif
