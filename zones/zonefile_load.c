/*
 * zonefile_load.c - master file to zone
 *
 * Faults that concern more than one record are found only when all have been read (check.c). To tell them with file and
 * line, the loader keeps the place of each record, eight octets a record, until the zone is made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zones/builder.h"
#include "zones/zonefile.h"
#include "zones/zonefile_lex.h"

struct place {
    uint32_t file, line;
};

struct loader {
    struct zonefile *zf;
    struct zone_builder *b;
    struct place *place; /* by the record's number */
    size_t places, place_cap;
    char **file; /* names, each once */
    size_t files;
};

/* Index of the name of the file at hand; files + 1 on lack of memory. Files change seldom: the last is tried first. */
static size_t file_index(struct loader *l)
{
    const char *name = l->zf->at_file;
    for (size_t i = l->files; i-- > 0;) {
        if (strcmp(l->file[i], name) == 0) {
            return i;
        }
    }
    char **bigger = realloc(l->file, (l->files + 1) * sizeof *bigger);
    if (bigger == NULL) {
        return SIZE_MAX;
    }
    l->file = bigger;
    l->file[l->files] = strdup(name);
    /* -Wanalyzer-malloc-leak: the loader holds it */
    return l->file[l->files] != NULL ? l->files++ : SIZE_MAX;
}

static bool keep_place(struct loader *l)
{
    if (l->places == l->place_cap) {
        size_t cap = l->place_cap == 0 ? 64 : l->place_cap * 2;
        struct place *bigger = realloc(l->place, cap * sizeof *bigger);
        if (bigger == NULL) {
            return false;
        }
        l->place = bigger;
        l->place_cap = cap;
    }
    size_t file = file_index(l);
    if (file == SIZE_MAX) {
        return false;
    }
    l->place[l->places++] = (struct place){.file = (uint32_t)file, .line = l->zf->at_line};
    return true;
}

static enum dns_err add_record(void *arg, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
                               const uint8_t *rdata, uint16_t len)
{
    struct loader *l = arg;
    (void)rclass;
    enum dns_err err = zone_builder_add(l->b, owner, type, ttl_s, rdata, len);
    if (err == DNS_OK && !keep_place(l)) {
        return DNS_E_NO_MEMORY;
    }
    return err;
}

static void report(void *arg, uint32_t number, const char *message)
{
    struct loader *l = arg;
    if (number < l->places) {
        zonefile_fault(l->zf, l->file[l->place[number].file], l->place[number].line, 0, message);
    } else {
        zonefile_fault(l->zf, l->zf->path != NULL ? l->zf->path : l->zf->text_name, 0, 0, message);
    }
}

struct zone *zonefile_load(struct zonefile *zf, bool loose)
{
    struct dname_buf origin;
    dname_copy(zf->origin.len != 0 ? zf->origin : dname_root(), &origin);
    zf->text_name = zf->text_name != NULL ? zf->text_name : "text";
    struct loader l = {.zf = zf, .b = zone_builder_new(dname_of(&origin))};
    struct zone *z = NULL;
    if (l.b == NULL) {
        zf->error_count = 0;
        report(&l, ZONE_NO_RECORD, "out of memory");
        return NULL;
    }
    zf->record = add_record;
    zf->arg = &l;
    /* The whole is checked only when every record was understood: else what is missing may just be misspelt. */
    if (!zonefile_read(zf) || zone_builder_finish_at(l.b, loose, &z, report, &l) != DNS_OK) {
        zone_builder_free(l.b);
        z = NULL;
    }
    zf->arg = NULL;
    for (size_t i = 0; i < l.files; i++) {
        free(l.file[i]);
    }
    free(l.file);
    free(l.place);
    return z;
}
