/*
 * config_fuzz.c - any text is settings or errors, never a crash
 *
 * The first octet chooses the reader: the configuration, or the address map. What is said about a wrong text must be
 * printable whatever the text holds, because it goes to a terminal.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/config/address_map.h"
#include "resolver/config/config.h"
#include "resolver/config/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a kilobyte of its own for some texts in which a quote is not closed (corpus/config/
 * syntax-many-quotes). raizd refuses such a file. The unit tests run without this, so what we forget is still found. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void check_errors(struct config_errors *errors)
{
    assert(errors->count > 0 && errors->text != NULL);
    size_t n = strlen(errors->text);
    assert(n > 0 && errors->text[n - 1] == '\n');
    for (size_t i = 0; i < n;) {
        size_t len = utf8_length(errors->text + i, n - i);
        uint8_t c = (uint8_t)errors->text[i];
        assert(len > 0 && (c == '\n' || c >= 0x20) && c != 0x7f && !(c == 0xc2 && (uint8_t)errors->text[i + 1] < 0xa0));
        i += len;
    }
    config_errors_clear(errors);
}

static void read_config(const char *text, size_t n)
{
    struct config_errors errors = {0};
    struct settings *s = config_parse(text, n, "fuzz.yaml", &errors);
    if (s == NULL) {
        check_errors(&errors);
        return;
    }
    assert(errors.count == 0 && errors.text == NULL);
    assert(s->listen_count > 0 && s->listen_count <= 64 && s->workers <= 256);
    assert(s->cache_min_ttl_s <= s->cache_max_ttl_s && s->cache_bytes >= 1 << 20 && s->port != 0);
    assert(s->ipv4 || s->ipv6);
    assert(s->dnssec <= DNSSEC_VALIDATE && strlen(s->control_socket) < 108);
    for (size_t i = 0; i < s->forward_count; i++) {
        assert(s->forward[i].zone.len > 0 && s->forward[i].server_count + s->forward[i].host_count > 0);
    }
    settings_free(s);
}

static void read_map(const char *text, size_t n)
{
    struct config_errors errors = {0};
    struct address_map_row *rows;
    size_t count;
    if (!address_map_parse(text, n, "fuzz.map", &rows, &count, &errors)) {
        check_errors(&errors);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        assert(address_map_find(rows, count, &rows[i].from) == &rows[i]);
    }
    free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *text = malloc(size); /* of the exact size, so that a read past the end is found */
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    (data[0] == 'm' ? read_map : read_config)(text, size - 1);
    free(text);
    return 0;
}
