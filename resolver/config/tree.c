/*
 * tree.c - YAML text as a tree of nodes with places
 */
#include "resolver/config/tree.h"

#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

#include "resolver/config/utf8.h"

struct tree_reader {
    struct arena *arena;
    struct report *report;
    struct node *root;
    struct node *open[TREE_DEPTH_MAX];      /* maps and lists not yet closed */
    const struct node *key[TREE_DEPTH_MAX]; /* of the member that is being read, for each open map */
    unsigned depth, documents, nodes;
    bool failed;
};

/* UTF-8 without NUL; else the offset of the first octet at fault. */
static bool check_utf8(const char *text, size_t n, size_t *fault)
{
    for (size_t i = 0; i < n;) {
        size_t len = text[i] != '\0' ? utf8_length(text + i, n - i) : 0;
        if (len == 0) {
            *fault = i;
            return false;
        }
        i += len;
    }
    return true;
}

/* Line and column of an octet. */
static struct place place_of(const char *text, size_t offset)
{
    struct place at = {.line = 1, .column = 1, .width = 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((uint8_t)text[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

static struct place place_of_marks(const struct fy_mark *from, const struct fy_mark *to)
{
    if (from == NULL) {
        return (struct place){0};
    }
    bool one_line = to != NULL && to->line == from->line && to->column > from->column;
    return (struct place){.line = (uint32_t)from->line + 1,
                          .column = (uint32_t)from->column + 1,
                          .width = one_line ? (uint32_t)(to->column - from->column) : 1};
}

static struct place place_of_event(struct fy_event *e)
{
    return place_of_marks(fy_event_start_mark(e), fy_event_end_mark(e));
}

static struct place place_of_token(struct fy_token *t)
{
    return place_of_marks(fy_token_start_mark(t), fy_token_end_mark(t));
}

static void fail(struct tree_reader *r, struct place at, const char *hint, const char *what)
{
    at.file = r->report->files - 1;
    report_add(r->report, at, hint, "%s", what);
    r->failed = true;
}

/* Hangs a node into the innermost open map or list. False: it was a key. */
static bool attach(struct tree_reader *r, struct node *n)
{
    if (r->depth == 0) {
        r->root = n;
        return true;
    }
    struct node *parent = r->open[r->depth - 1];
    if (parent->kind == NODE_MAP) {
        const struct node **key = &r->key[r->depth - 1];
        if (*key == NULL) {
            if (n->kind != NODE_SCALAR || n->null || n->len == 0) {
                fail(r, n->at.line != 0 ? n->at : parent->at, "a key is a word, such as \"listen:\"",
                     "this is not a key");
            }
            *key = n;
            return false;
        }
        n->key = *key;
        *key = NULL;
        if (n->at.line == 0) {
            n->at = n->key->at; /* nothing stands where the value should */
        }
    } else if (n->at.line == 0) {
        n->at = parent->at;
    }
    *(parent->last != NULL ? &parent->last->next : &parent->first) = n;
    parent->last = n;
    parent->count++;
    return true;
}

static struct node *new_node(struct tree_reader *r, enum node_kind kind, struct place at)
{
    if (++r->nodes > TREE_NODES_MAX) {
        fail(r, at, NULL, "too many values for a configuration");
        return NULL;
    }
    struct node *n = ARENA_NEW(r->arena, struct node);
    if (n == NULL) {
        fail(r, at, NULL, "out of memory");
        return NULL;
    }
    n->kind = kind;
    n->at = at;
    n->at.file = r->report->files - 1;
    return n;
}

static void take_scalar(struct tree_reader *r, struct fy_event *e)
{
    size_t len = 0;
    struct place at = place_of_event(e);
    struct fy_token *value = e->scalar.value;
    const char *text = value != NULL ? fy_token_get_text(value, &len) : NULL;
    struct node *n = new_node(r, NODE_SCALAR, at);
    if (n == NULL) {
        return;
    }
    if (text == NULL) {
        text = "";
        len = 0;
    }
    if (memchr(text, '\0', len) != NULL) {
        fail(r, at, "take out the \\0", "text with a NUL character");
        return;
    }
    char *copy = arena_alloc(r->arena, len + 1);
    if (copy == NULL) {
        fail(r, at, NULL, "out of memory");
        return;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    n->text = copy;
    n->len = len;
    bool plain = value == NULL || fy_token_scalar_style(value) == FYSS_PLAIN;
    n->null = plain && (len == 0 || strcmp(copy, "~") == 0 || strcmp(copy, "null") == 0);
    attach(r, n);
}

static void open_node(struct tree_reader *r, enum node_kind kind, struct place at)
{
    if (r->depth == TREE_DEPTH_MAX) {
        fail(r, at, "no setting needs that many levels", "maps and lists are nested too deeply");
        return;
    }
    struct node *n = new_node(r, kind, at);
    if (n != NULL && attach(r, n)) {
        r->open[r->depth] = n;
        r->key[r->depth] = NULL;
        r->depth++;
    }
}

/* What YAML offers and a configuration does without. */
static bool refuse(struct tree_reader *r, struct fy_event *e)
{
    struct fy_token *anchor = NULL, *tag = NULL;
    switch (e->type) {
    case FYET_ALIAS:
        fail(r, place_of_event(e), "write the value out; a text that begins with * needs quotes",
             "aliases are not used here");
        return true;
    case FYET_SCALAR:
        anchor = e->scalar.anchor;
        tag = e->scalar.tag;
        break;
    case FYET_SEQUENCE_START:
        anchor = e->sequence_start.anchor;
        tag = e->sequence_start.tag;
        break;
    case FYET_MAPPING_START:
        anchor = e->mapping_start.anchor;
        tag = e->mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor != NULL) {
        fail(r, place_of_token(anchor), "write the value out; a text that begins with & needs quotes",
             "anchors are not used here");
    } else if (tag != NULL) {
        fail(r, place_of_token(tag), "a text that begins with ! needs quotes", "tags are not used here");
    }
    return anchor != NULL || tag != NULL;
}

static void take(struct tree_reader *r, struct fy_event *e)
{
    if (refuse(r, e)) {
        return;
    }
    switch (e->type) {
    case FYET_DOCUMENT_START:
        if (r->documents++ > 0) {
            fail(r, place_of_event(e), "take out the \"---\"", "a second document begins");
        }
        break;
    case FYET_SCALAR:
        take_scalar(r, e);
        break;
    case FYET_MAPPING_START:
        open_node(r, NODE_MAP, place_of_event(e));
        break;
    case FYET_SEQUENCE_START:
        open_node(r, NODE_LIST, place_of_event(e));
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        if (r->depth > 0) {
            r->depth--;
        }
        break;
    default:
        break;
    }
}

/* libfyaml's words for the mistakes that happen most, in words that say what to do. `open`: what is open then; when the
 * text just ends, the place to show is where it was opened. */
static const struct {
    const char *part, *message, *hint;
    enum node_kind open;
} plainer[] = {
    {"invalid tab as indendation", "a tab indents this line", "YAML is indented by blanks only", NODE_SCALAR},
    {"wrongly indented double-quoted", "a \" is not closed", "close it on the same line", NODE_SCALAR},
    {"wrongly indented single-quoted", "a ' is not closed", "close it on the same line", NODE_SCALAR},
    {"without a closing bracket", "a [ is not closed", "write the ] that ends the list", NODE_LIST},
    {"mismatched flow mapping end", "a [ is not closed before this }", "write the ] that ends the list", NODE_LIST},
    {"mismatched flow sequence end", "a { is not closed before this ]", "write the } that ends the map", NODE_MAP},
    {"missing comma in flow mapping", "a comma is missing here, or a { is not closed", "{key: value, key: value}",
     NODE_MAP},
    {"missing comma in flow sequence", "a comma is missing here, or a [ is not closed", "[value, value]", NODE_LIST},
    {"expected node content", "a value is missing, or a { is not closed", "{key: value, key: value}", NODE_MAP},
    {"invalid multiline plain key", "the next line is indented, but this one has a value already",
     "indent all keys of one section alike", NODE_SCALAR},
    {"nested block mapping on the same line", "two keys on one line", "write {key: value} or begin a new line",
     NODE_SCALAR},
    {"trailing content after double-quoted", "text after the closing \"", "put all of it between the quotes",
     NODE_SCALAR},
    {"trailing content after single-quoted", "text after the closing '", "put all of it between the quotes",
     NODE_SCALAR},
    {"nsupported directive", "a line that begins with %", "settings look like \"key: value\"", NODE_SCALAR},
};

/* Where the innermost open list or map begins. */
static struct place place_of_open(const struct tree_reader *r, enum node_kind kind, struct place otherwise)
{
    for (unsigned i = r->depth; i > 0; i--) {
        if (r->open[i - 1]->kind == kind) {
            return r->open[i - 1]->at;
        }
    }
    return otherwise;
}

static bool at_end(const struct report_file *f, struct place at)
{
    uint32_t line = 1;
    for (size_t i = 0; i < f->n; i++) {
        if (line >= at.line && strchr(" \t\r\n", f->text[i]) == NULL) {
            return false;
        }
        line += f->text[i] == '\n';
    }
    return true;
}

static void report_syntax(struct tree_reader *r, struct fy_diag *diag)
{
    void *next = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &next);
    if (e == NULL) {
        fail(r, (struct place){0}, NULL, "not YAML");
        return;
    }
    struct place at = {
        .line = e->line > 0 ? (uint32_t)e->line : 1, .column = e->column > 0 ? (uint32_t)e->column : 1, .width = 1};
    for (size_t i = 0; i < sizeof plainer / sizeof plainer[0]; i++) {
        if (strstr(e->msg, plainer[i].part) != NULL) {
            fail(r, at_end(report_current(r->report), at) ? place_of_open(r, plainer[i].open, at) : at, plainer[i].hint,
                 plainer[i].message);
            return;
        }
    }
    char message[300];
    snprintf(message, sizeof message, "not YAML: %s", e->msg);
    fail(r, at, NULL, message);
}

static void parse(struct tree_reader *r, struct fy_parser *parser, struct fy_diag *diag)
{
    struct fy_event *e;
    while (!r->failed && (e = fy_parser_parse(parser)) != NULL) {
        take(r, e);
        fy_parser_event_free(parser, e);
    }
    void *next = NULL;
    if (!r->failed && (fy_parser_get_stream_error(parser) || fy_diag_errors_iterate(diag, &next) != NULL)) {
        report_syntax(r, diag);
    }
}

static bool check_text(const char *text, size_t n, struct report *report)
{
    size_t fault = 0;
    struct place whole = {.file = report->files - 1};
    if (n > TREE_TEXT_MAX) {
        report_add(report, whole, NULL, "%zu octets are too many for a configuration; at most %d", n, TREE_TEXT_MAX);
        return false;
    }
    if (check_utf8(text, n, &fault)) {
        return true;
    }
    struct place at = place_of(text, fault);
    at.file = whole.file;
    report_add(report, at, "the file must be UTF-8 text without NUL", "octet 0x%02x is not text",
               (unsigned)(uint8_t)text[fault]);
    return false;
}

const struct node *tree_read(const char *text, size_t n, struct arena *arena, struct report *report)
{
    struct tree_reader r = {.arena = arena, .report = report};
    if (!check_text(text, n, report)) {
        return NULL;
    }
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    struct fy_parser *parser = NULL;
    if (diag != NULL) {
        fy_diag_set_collect_errors(diag, true);
        struct fy_parse_cfg cfg = {.search_path = "", .flags = FYPCF_JSON_NONE | FYPCF_DISABLE_MMAP_OPT, .diag = diag};
        parser = fy_parser_create(&cfg);
    }
    if (parser == NULL || fy_parser_set_string(parser, text, n) != 0) {
        fail(&r, (struct place){0}, NULL, "out of memory");
    } else {
        parse(&r, parser, diag);
    }
    if (parser != NULL) {
        fy_parser_destroy(parser);
    }
    fy_diag_destroy(diag);
    return r.failed || (r.root != NULL && r.root->null) ? NULL : r.root;
}
