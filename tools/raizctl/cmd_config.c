/*
 * cmd_config.c - config check, config show: what a configuration says, without the daemon; reload: for the daemon
 *
 * The same code reads it as in raizd, so what is good here is good there.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/config/file.h"
#include "resolver/config/show.h"
#include "resolver/config/world.h"
#include "tools/raizctl/client.h"
#include "tools/raizctl/import.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/raizctl.h"

#define CONFIG_DEFAULT "/etc/raiz/raiz.yaml"

/* NULL: there is no file, so raizd runs on its defaults. */
static const char *path_of(const struct ctl *ctl)
{
    if (ctl->word_count > 0) {
        return ctl->words[0];
    }
    return access(CONFIG_DEFAULT, F_OK) == 0 ? CONFIG_DEFAULT : NULL;
}

static int say_errors(struct ctl *ctl, struct config_errors *errors)
{
    fputs(errors->text != NULL ? errors->text : "raizctl: out of memory\n", ctl->err);
    config_errors_clear(errors);
    return CONTROL_FAILED;
}

int cmd_config_check(struct ctl *ctl)
{
    struct config_errors errors;
    const char *path = path_of(ctl);
    struct settings *settings = config_load(path, &errors);
    struct world *world = settings != NULL ? world_build(settings, NULL, 0, &errors) : NULL;
    if (world == NULL) {
        return say_errors(ctl, &errors);
    }
    fprintf(ctl->out, "%s: good\n", path != NULL ? path : "the defaults");
    world_free(world);
    return CONTROL_OK;
}

int cmd_config_show(struct ctl *ctl)
{
    struct config_errors errors;
    struct settings *settings = config_load(path_of(ctl), &errors);
    if (settings == NULL) {
        return say_errors(ctl, &errors);
    }
    bool ok = config_show(settings,
                          (ctl->given & OPT_ORIGIN) != 0 ? CONFIG_SHOW_ORIGIN
                          : (ctl->given & OPT_DIFF) != 0 ? CONFIG_SHOW_DIFF
                                                         : CONFIG_SHOW_EFFECTIVE,
                          ctl->out);
    settings_free(settings);
    return ok ? CONTROL_OK : ctl_fail(ctl, CONTROL_FAILED, "out of memory");
}

static void show_part(struct ctl *ctl, const json_t *o, const char *key, const char *words)
{
    if (out_text(o, key)[0] != '\0') {
        fprintf(ctl->out, "%s: %s\n", words, out_text(o, key));
    }
}

static void show_reloaded(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        bool same = out_text(o, "changed")[0] == '\0';
        fprintf(ctl->out, "reloaded%s\n", same ? "; no setting has changed" : "");
        show_part(ctl, o, "changed", "changed");
        show_part(ctl, o, "opened", "now listening on");
        show_part(ctl, o, "closed", "no longer listening on");
        show_part(ctl, o, "restart", "waiting for the next start");
    }
}

int cmd_reload(struct ctl *ctl)
{
    client_be_patient(ctl); /* a large cache may have much to forget */
    return client_ask(ctl, json_pack("{s:s}", "verb", "reload"), show_reloaded, ctl);
}

static void show_setting(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    const char *origin = out_text(o, "origin");
    if (!last && ctl->word_count > 0) {
        fprintf(ctl->out, "%s\n", out_text(o, "value"));
    } else if (!last) {
        fprintf(ctl->out, "%-32s %s%s%s%s%s\n", out_text(o, "key"), out_text(o, "value"),
                paint_on(&ctl->style, PAINT_DIM), origin[0] != '\0' ? "  # " : "", origin, paint_off(&ctl->style));
    }
}

int cmd_config_get(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s}", "verb", "config.get");
    if (request != NULL && ctl->word_count > 0) {
        json_object_set_new(request, "key", json_string(ctl->words[0]));
    }
    return client_ask(ctl, request, show_setting, ctl);
}

static void show_set(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        const char *changed = out_text(o, "changed");
        fprintf(ctl->out, "%s%s\n", changed[0] != '\0' ? "changed until raizd ends: " : "it was so already", changed);
    }
}

int cmd_config_set(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s, s:s}", "verb", "config.set", "key", ctl->words[0]);
    if (request != NULL && ctl->word_count > 1) {
        json_object_set_new(request, "value", json_string(ctl->words[1]));
    }
    client_be_patient(ctl);
    return client_ask(ctl, request, show_set, ctl);
}

#define IMPORT_MAX (4 * 1024 * 1024)

/* Prints the result even when raizd would not take it: the user mends the rest. */
int cmd_config_import(struct ctl *ctl)
{
    char why[FILE_WHY_MAX], *yaml = NULL;
    size_t n, size = 0;
    char *text = file_read(ctl->words[0], IMPORT_MAX, &n, why);
    if (text == NULL) {
        return ctl_fail(ctl, CONTROL_FAILED, "%s: %s", ctl->words[0], why);
    }
    FILE *f = open_memstream(&yaml, &size);
    bool ok = f != NULL && import_unbound(text, n, ctl->words[0], f);
    ok = f != NULL && fclose(f) == 0 && ok;
    free(text);
    if (!ok) {
        free(yaml);
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    }
    fputs(yaml, ctl->out);
    struct config_errors errors;
    struct settings *settings = config_parse(yaml, size, "the result", &errors);
    free(yaml);
    if (settings == NULL) {
        fflush(ctl->out);
        return say_errors(ctl, &errors);
    }
    settings_free(settings);
    return CONTROL_OK;
}
