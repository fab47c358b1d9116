/*
 * main.c - raiz-lab: a small Internet on loopback addresses, to try and to test a resolver without a network
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/raiz-lab/loopback.h"
#include "tools/raiz-lab/serve.h"
#include "tools/raiz-lab/sign.h"

#define EXIT_USAGE 2
#define INSTALLED  "/usr/share/raiz/lab"

struct options {
    const char *dir, *map_file, *log_file, *stats_file, *anchor_file, *zones_dir;
    struct addr_prefix net;
    uint16_t port;
    bool real, add_addresses, print, check, quiet, sign;
    uint64_t seed;
    bool has_delay, has_loss;
    uint32_t delay_ms, loss_permille;
};

/* ---- help ---- */

static const char usage[] =
    "Usage: raiz-lab [OPTION]...\n"
    "Serves a small Internet: a root, top-level domains and zones, each server at an address of its own, over UDP and "
    "TCP.\n"
    "\n"
    "  -d, --dir DIR         folder with lab.conf and the zone files (tools/lab if it is\n"
    "                        there, else " INSTALLED ")\n"
    "  -p, --port N          port of all servers (5301; with --real 53)\n"
    "  -m, --map NET         serve the k-th address of lab.conf at the k-th address of NET (127.54.0.0/16)\n"
    "  -f, --map-file FILE   write a line 'REAL LOOPBACK' for each address, for raizd's resolution.address-map\n"
    "  -r, --real            serve the real addresses, which must be on this host\n"
    "  -a, --add-addresses   add them to lo first (in a namespace: unshare -rn); implies --real\n"
    "  -P, --print           print a line for each question\n"
    "  -l, --log FILE        append that line to FILE\n"
    "  -s, --stats-file FILE write counts as JSON when ending and on SIGUSR1\n"
    "  -S, --sign            sign the zones, in memory\n"
    "  -A, --anchor-file FILE\n"
    "                        write the root's DS to FILE, for raizd's dnssec.trust-anchor-file; implies --sign\n"
    "  -w, --write-zones DIR write the zones as they are served, signed or not, to DIR as zone files\n"
    "      --delay TIME      every server answers so much later, as 20ms\n"
    "      --loss SHARE      every server loses this share of questions over UDP, as 20%\n"
    "      --seed N          chance repeats itself with the same N (0)\n"
    "  -c, --check           read all files, tell what is wrong, write what is to be written, end\n"
    "  -q, --quiet           do not list the servers at the start\n"
    "  -h, --help            this text\n"
    "\n"
    "A line of --print and --log:\n"
    "  TIME SERVER ADDRESS udp|tcp CLIENT NAME TYPE FLAGS OUTCOME\n"
    "\n"
    "lab.conf has a line for each server, and for each zone that is signed in another way (comments begin with #):\n"
    "  server NAME ADDRESS... [ZONE.[=FILE]]... [WORD]...\n"
    "  zone ZONE. WORD...\n"
    "ZONE has a dot at its end; its file is ZONE without the dot and with .zone, root.zone for the root.\n";

static void print_help(void)
{
    fputs(usage, stdout);
    puts("Words of a server:");
#define X(word, example, text) printf("  %-14s %s\n", example, text);
    LAB_WORDS(X)
#undef X
#define X(name, word, text) printf("  %-14s %s\n", word, text);
    LAB_HABITS(X)
#undef X
    puts("Words of a zone, with --sign:");
#define X(name, word, text) printf("  %-17s %s\n", word, text);
    LAB_SIGNINGS(X)
#undef X
}

/* ---- options ---- */

enum { OPT_DELAY = 256, OPT_LOSS, OPT_SEED };

static bool scan_integer(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && errno == 0 && *end == '\0' && *out <= most;
}

static bool wrong(const char *option, const char *value, const char *want)
{
    fprintf(stderr, "raiz-lab: --%s %s: %s\n", option, value, want);
    return false;
}

static bool set_option(struct options *o, int c, const char *value)
{
    uint64_t number;
    switch (c) {
    case 'd':
        o->dir = value;
        return true;
    case 'p':
        if (!scan_integer(value, 65535, &number) || number == 0) {
            return wrong("port", value, "write a port, 1 to 65535");
        }
        o->port = (uint16_t)number;
        return true;
    case 'm':
        if (!addr_prefix_scan(value, &o->net) || o->net.addr.family != ADDR_IP4) {
            return wrong("map", value, "write an IPv4 network, as 127.54.0.0/16");
        }
        return true;
    case 'f':
        o->map_file = value;
        return true;
    case 'l':
        o->log_file = value;
        return true;
    case 's':
        o->stats_file = value;
        return true;
    case 'A':
        o->anchor_file = value;
        o->sign = true;
        return true;
    case 'w':
        o->zones_dir = value;
        return true;
    case OPT_DELAY:
        o->has_delay = true;
        return lab_scan_delay(value, &o->delay_ms) || wrong("delay", value, "write a time up to 60s, as 20ms");
    case OPT_LOSS:
        o->has_loss = true;
        return lab_scan_share(value, &o->loss_permille) || wrong("loss", value, "write a share, as 20%");
    case OPT_SEED:
        return scan_integer(value, UINT64_MAX, &o->seed) || wrong("seed", value, "write a number");
    default:
        return false;
    }
}

static bool set_switch(struct options *o, int c)
{
    switch (c) {
    case 'a':
        o->add_addresses = o->real = true;
        return true;
    case 'r':
        o->real = true;
        return true;
    case 'P':
        o->print = true;
        return true;
    case 'S':
        o->sign = true;
        return true;
    case 'c':
        o->check = true;
        return true;
    case 'q':
        o->quiet = true;
        return true;
    default:
        return false;
    }
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"dir", required_argument, NULL, 'd'},
        {"port", required_argument, NULL, 'p'},
        {"map", required_argument, NULL, 'm'},
        {"map-file", required_argument, NULL, 'f'},
        {"real", no_argument, NULL, 'r'},
        {"add-addresses", no_argument, NULL, 'a'},
        {"print", no_argument, NULL, 'P'},
        {"log", required_argument, NULL, 'l'},
        {"stats-file", required_argument, NULL, 's'},
        {"sign", no_argument, NULL, 'S'},
        {"anchor-file", required_argument, NULL, 'A'},
        {"write-zones", required_argument, NULL, 'w'},
        {"delay", required_argument, NULL, OPT_DELAY},
        {"loss", required_argument, NULL, OPT_LOSS},
        {"seed", required_argument, NULL, OPT_SEED},
        {"check", no_argument, NULL, 'c'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "d:p:m:f:raPl:s:SA:w:cqh", known, NULL)) != -1) {
        if (c == 'h') {
            print_help();
            return EXIT_SUCCESS;
        }
        if (!set_switch(o, c) && !set_option(o, c, optarg)) {
            if (c == '?') {
                fputs("raiz-lab --help lists the options\n", stderr);
            }
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "raiz-lab: '%s' is not an option; raiz-lab --help lists them\n", argv[optind]);
        return EXIT_USAGE;
    }
    if (o->port == 0) {
        o->port = o->real ? 53 : 5301;
    }
    return -1;
}

/* ---- running ---- */

static void to_stderr(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

struct run {
    const struct options *options;
    struct lab *lab;
    uv_signal_t stop[2], tell;
};

static void write_counts(const struct run *r)
{
    const char *path = r->options->stats_file;
    if (path != NULL && !record_write_counts(r->lab, path)) {
        fprintf(stderr, "raiz-lab: cannot write %s: %s\n", path, strerror(errno));
    }
}

static void on_stop(uv_signal_t *signal, int number)
{
    (void)number;
    uv_stop(signal->loop);
}

static void on_tell(uv_signal_t *signal, int number)
{
    (void)number;
    write_counts(signal->data);
}

static void watch_signals(struct run *r, uv_loop_t *loop)
{
    static const int stops[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(loop, &r->stop[i]);
        uv_signal_start(&r->stop[i], on_stop, stops[i]);
    }
    uv_signal_init(loop, &r->tell);
    r->tell.data = r;
    uv_signal_start(&r->tell, on_tell, SIGUSR1);
}

static void unwatch_signals(struct run *r)
{
    uv_close((uv_handle_t *)&r->stop[0], NULL);
    uv_close((uv_handle_t *)&r->stop[1], NULL);
    uv_close((uv_handle_t *)&r->tell, NULL);
}

static void list_servers(const struct lab *lab)
{
    for (size_t i = 0; i < lab->servers; i++) {
        const struct lab_server *s = &lab->server[i];
        for (size_t a = 0; a < s->addresses; a++) {
            char real[ADDR_TEXT_MAX], bound[ADDR_TEXT_MAX];
            addr_print(&s->real[a], real);
            addr_print(&s->bound[a], bound);
            printf("%-32s %-24s %s\n", s->name, real, bound);
        }
    }
}

/* Options that concern every server. */
static bool prepare(const struct options *o, struct lab *lab)
{
    for (size_t i = 0; i < lab->servers; i++) {
        struct lab_server *s = &lab->server[i];
        s->delay_ms = o->has_delay ? o->delay_ms : s->delay_ms;
        s->loss_permille = o->has_loss ? o->loss_permille : s->loss_permille;
    }
    if (o->real) {
        lab_real(lab, o->port);
    } else if (!lab_map(lab, &o->net, o->port)) {
        fputs("raiz-lab: the network of --map has too few addresses\n", stderr);
        return false;
    }
    return !o->add_addresses || lab_add_addresses(lab, to_stderr, NULL);
}

/* Keys and signatures, and what of them is written. */
static bool sign(const struct options *o, struct lab *lab)
{
    if (o->sign && !lab_sign(lab, (int64_t)time(NULL))) {
        fputs("raiz-lab: the zones cannot be signed: out of memory, or OpenSSL has no ECDSA\n", stderr);
        return false;
    }
    if (o->anchor_file != NULL && !lab_anchor_write(lab, o->anchor_file)) {
        fprintf(stderr, "raiz-lab: cannot write %s: %s\n", o->anchor_file,
                errno == ENOENT ? "no such folder, or the root is not signed" : strerror(errno));
        return false;
    }
    if (o->zones_dir != NULL && !lab_zones_write(lab, o->zones_dir)) {
        fprintf(stderr, "raiz-lab: cannot write zones to %s: %s\n", o->zones_dir, strerror(errno));
        return false;
    }
    return true;
}

static bool serve(struct run *r, const struct record *record)
{
    const struct options *o = r->options;
    struct rng_seeded rng;
    uv_loop_t loop;
    rng_seeded_init(&rng, o->seed);
    if (uv_loop_init(&loop) != 0) {
        return false;
    }
    struct host *h = host_new(&loop, r->lab, record, &rng.rng);
    watch_signals(r, &loop);
    bool ok = h != NULL && host_listen(h, o->real, to_stderr, NULL);
    /* The map is the sign that all sockets are open: it is written last. */
    if (ok && o->map_file != NULL && !lab_map_write(r->lab, o->map_file)) {
        fprintf(stderr, "raiz-lab: cannot write %s: %s\n", o->map_file, strerror(errno));
        ok = false;
    }
    if (ok) {
        if (!o->quiet) {
            list_servers(r->lab);
        }
        printf("raiz-lab: %zu servers and %zu zones, port %u\n", r->lab->servers, r->lab->zones, (unsigned)o->port);
        fflush(stdout);
        uv_run(&loop, UV_RUN_DEFAULT);
        write_counts(r);
    }
    unwatch_signals(r);
    host_free(h);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return ok;
}

int main(int argc, char **argv)
{
    struct options o = {.dir = access("tools/lab/lab.conf", R_OK) == 0 ? "tools/lab" : INSTALLED};
    addr_prefix_scan("127.54.0.0/16", &o.net);
    int status = read_options(argc, argv, &o);
    if (status >= 0) {
        return status;
    }
    struct run r = {.options = &o, .lab = lab_load(o.dir, to_stderr, NULL)};
    if (r.lab == NULL) {
        return EXIT_FAILURE;
    }
    if (o.check) {
        bool good = sign(&o, r.lab);
        if (good) {
            printf("raiz-lab: %zu servers and %zu zones, no errors\n", r.lab->servers, r.lab->zones);
        }
        lab_free(r.lab);
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    struct record record = {.print = o.print ? stdout : NULL};
    if (o.log_file != NULL && (record.log = fopen(o.log_file, "ae")) == NULL) {
        fprintf(stderr, "raiz-lab: cannot open %s: %s\n", o.log_file, strerror(errno));
        lab_free(r.lab);
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    bool ok = prepare(&o, r.lab) && sign(&o, r.lab) && serve(&r, &record);
    if (record.log != NULL) {
        fclose(record.log);
    }
    lab_free(r.lab);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
