/*
 * cmd_config.c - config check, config show: what a configuration says, without the daemon
 *
 * The same code reads it as in raizd, so what is good here is good there.
 */
#include <unistd.h>

#include "resolver/config/show.h"
#include "resolver/config/world.h"
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
