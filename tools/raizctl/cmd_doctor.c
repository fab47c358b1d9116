/*
 * cmd_doctor.c - doctor: is all well with raizd and with the host that it runs on?
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/config/file.h"
#include "resolver/io/holder.h"
#include "tools/raizctl/client.h"
#include "tools/raizctl/doctor.h"
#include "tools/raizctl/out.h"

#define CONFIG_DEFAULT "/etc/raiz/raiz.yaml"
#define RESOLV_CONF    "/etc/resolv.conf"
#define BUFFER_WANTED  (4 * 1024 * 1024) /* what raizd asks for, for each of its UDP sockets */
#define REMEDY_MAX     300

void doctor_tell(struct doctor *d, const char *check, enum health health, const char *remedy, const char *format, ...)
{
    static const char *const words[] = {"good", "doubtful", "bad"};
    static const struct {
        const char *ascii, *unicode;
        enum paint paint;
    } signs[] = {{"ok ", "✓", PAINT_GOOD}, {"!! ", "!", PAINT_TYPE}, {"BAD", "✗", PAINT_BAD}};
    char text[500];
    struct ctl *ctl = d->ctl;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    d->bad += health == HEALTH_BAD;
    if (ctl->json) {
        json_t *o =
            json_pack("{s:s, s:s, s:s, s:s?}", "check", check, "health", words[health], "text", text, "remedy", remedy);
        if (o != NULL) {
            json_dumpf(o, ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
            fputc('\n', ctl->out);
        }
        json_decref(o);
        return;
    }
    fprintf(ctl->out, "%s%s%s %s\n", paint_on(&ctl->style, signs[health].paint),
            ctl->style.unicode ? signs[health].unicode : signs[health].ascii, paint_off(&ctl->style), text);
    if (remedy != NULL) {
        fprintf(ctl->out, "%s  what may help: %s\n", ctl->style.unicode ? "" : "  ", remedy);
    }
}

/* ---- the daemon ---- */

static void on_status(void *arg, json_t *o, bool last)
{
    struct doctor *d = arg;
    char text[OUT_TEXT_MAX];
    (void)last;
    d->running = true;
    doctor_tell(d, "raizd", HEALTH_GOOD, NULL, "raizd %s has been running for %s, and has answered %" PRIu64 " queries",
                out_text(o, "version"), out_duration(out_number(o, "uptime_s"), text), out_number(o, "queries"));
}

/* What raizctl would print for people, it keeps to itself. */
static int ask_quietly(struct doctor *d, const char *verb, client_line *line)
{
    struct ctl quiet = *d->ctl;
    quiet.json = false;
    quiet.err = fopen("/dev/null", "w");
    if (quiet.err == NULL) {
        return CONTROL_FAILED;
    }
    int code = client_ask(&quiet, json_pack("{s:s}", "verb", verb), line, d);
    fclose(quiet.err);
    return code;
}

/* An address that raizd is to listen on. */
static void check_port(struct doctor *d, const struct addr *a)
{
    char where[ADDR_TEXT_MAX], who[128], remedy[REMEDY_MAX];
    addr_print(a, where);
    if (!holder_find(a, false, who, sizeof who) && !holder_find(a, true, who, sizeof who)) {
        if (!d->running) {
            doctor_tell(d, "port", HEALTH_GOOD, NULL, "%s is free", where);
        } else if (geteuid() == 0) {
            doctor_tell(d, "port", HEALTH_BAD, "raizctl reload, or see the log", "nobody listens on %s", where);
        }
    } else if (strncmp(who, "raizd", 5) == 0) {
        doctor_tell(d, "port", HEALTH_GOOD, NULL, "%s is raizd's: %s", where, who);
    } else {
        snprintf(remedy, sizeof remedy,
                 "systemctl disable --now %.*s, or choose another address or port in listen:", (int)strcspn(who, " "),
                 who);
        doctor_tell(d, "port", HEALTH_BAD, remedy, "%s is held by %s", where, who);
    }
}

void doctor_daemon(struct doctor *d)
{
    const struct settings *set = d->world->settings;
    int code = ask_quietly(d, "status", on_status);
    if (code == CONTROL_DENIED) {
        doctor_tell(d, "raizd", HEALTH_DOUBTFUL, "ask as root, or as a member of the daemon's group",
                    "there is no permission to ask raizd at %s", d->ctl->socket);
    } else if (code == CONTROL_NO_REPLY) {
        doctor_tell(d, "raizd", HEALTH_BAD, "see its log: journalctl -u raizd", "raizd does not answer at %s",
                    d->ctl->socket);
    } else if (code != CONTROL_OK) {
        doctor_tell(d, "raizd", HEALTH_BAD, "systemctl start raizd, and see journalctl -u raizd if it ends at once",
                    "raizd does not run: nobody listens on %s", d->ctl->socket);
    }
    for (size_t i = 0; i < set->listen_count; i++) {
        check_port(d, &set->listen[i]);
    }
}

/* ---- the host ---- */

/* Does raizd listen there? */
static bool is_ours(const struct settings *set, const struct addr *server)
{
    static const uint8_t any[16] = {0};
    for (size_t i = 0; i < set->listen_count; i++) {
        const struct addr *l = &set->listen[i];
        bool wildcard = l->family == server->family && memcmp(l->ip, any, sizeof any) == 0 && addr_is_loopback(server);
        if (l->port == server->port && (addr_same_ip(l, server) || wildcard)) {
            return true;
        }
    }
    return false;
}

/* One name server of resolv.conf. */
static void check_resolver(struct doctor *d, const char *word, bool *ours)
{
    struct addr a;
    if (!addr_scan(word, 53, &a)) {
        return;
    }
    if (is_ours(d->world->settings, &a)) {
        *ours = true;
    } else if (strcmp(word, "127.0.0.53") == 0) {
        doctor_tell(d, "resolv.conf", HEALTH_DOUBTFUL, "raizctl setup",
                    RESOLV_CONF " names systemd-resolved (127.0.0.53); `resolvectl dns` says whom that asks");
        *ours = true;
    } else {
        doctor_tell(d, "resolv.conf", HEALTH_BAD, "raizctl setup",
                    RESOLV_CONF " names %s: this host asks others, not raizd", word);
    }
}

static void check_resolv_conf(struct doctor *d)
{
    char why[FILE_WHY_MAX], *save = NULL;
    size_t n;
    bool ours = false;
    unsigned bad = d->bad;
    char *text = file_read(RESOLV_CONF, 65536, &n, why);
    if (text == NULL) {
        doctor_tell(d, "resolv.conf", HEALTH_BAD, "raizctl setup", RESOLV_CONF ": %s", why);
        return;
    }
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char word[80];
        if (sscanf(line, " nameserver %79s", word) == 1) {
            check_resolver(d, word, &ours);
        }
    }
    if (ours && d->bad == bad) {
        doctor_tell(d, "resolv.conf", HEALTH_GOOD, NULL, RESOLV_CONF " leads to raizd");
    } else if (!ours && d->bad == bad) {
        doctor_tell(d, "resolv.conf", HEALTH_BAD, "raizctl setup", RESOLV_CONF " names no name server");
    }
    free(text);
}

static void check_buffers(struct doctor *d)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = BUFFER_WANTED, got = 0;
    socklen_t n = sizeof got;
    char have[OUT_TEXT_MAX], want[OUT_TEXT_MAX];
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &n) == 0) {
        out_bytes((uint64_t)got / 2, have); /* the kernel doubles what it grants, for its own records */
        out_bytes(BUFFER_WANTED, want);
        if (got / 2 < BUFFER_WANTED) {
            doctor_tell(d, "buffers", HEALTH_DOUBTFUL, "sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304",
                        "sockets may hold %s, wanted are %s: bursts of queries may be lost", have, want);
        } else {
            doctor_tell(d, "buffers", HEALTH_GOOD, NULL, "sockets may hold %s", have);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

void doctor_host(struct doctor *d)
{
    check_resolv_conf(d);
    check_buffers(d);
}

/* ---- the command ---- */

int cmd_doctor(struct ctl *ctl)
{
    struct config_errors errors;
    const char *path = ctl->word_count > 0 ? ctl->words[0] : access(CONFIG_DEFAULT, F_OK) == 0 ? CONFIG_DEFAULT : NULL;
    struct settings *settings = config_load(path, &errors);
    struct world *world = settings != NULL ? world_build(settings, NULL, 0, &errors) : NULL;
    struct doctor d = {.ctl = ctl, .world = world};
    if (world == NULL) {
        fputs(errors.text != NULL ? errors.text : "raizctl: out of memory\n", ctl->err);
        config_errors_clear(&errors);
        return CONTROL_FAILED;
    }
    doctor_daemon(&d);
    doctor_host(&d);
    fflush(ctl->out);
    doctor_network(&d);
    world_free(world);
    return d.bad > 0 ? CONTROL_FAILED : CONTROL_OK;
}
