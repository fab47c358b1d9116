/*
 * fuzz.h - what fuzz targets share: a word on what does not hold, and input that is drawn from
 */
#ifndef RAIZ_TESTS_FUZZ_H
#define RAIZ_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        __builtin_trap();
    }
}

struct input {
    const uint8_t *data;
    size_t left;
};

/* 0 .. below_this - 1; 0 when the input is used up. */
static inline unsigned take(struct input *in, unsigned below_this)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->data++ % below_this;
}

#endif
