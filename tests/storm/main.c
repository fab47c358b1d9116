/*
 * main.c - the commands of storm, and the attack that needs several of its parts at once
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/storm/storm.h"

static const char usage[] =
    "Usage: storm COMMAND [OPTION]...\n"
    "  serve   --listen ADDR:PORT [--delegate ZONE=ADDR,...]... [--children ZONE=ADDR,...]... [--ttl S]\n"
    "          an authoritative server; each line on stdin: a report; end of stdin: end\n"
    "  ask     --server ADDR:PORT --names N --name FORM [--hot N --hot-name FORM --hot-every N] [--window N | --rate "
    "N]\n"
    "          [--from ADDR:0] [--first N] [--sockets N] [--timeout MS] [--tries N] [--type N | --any-type] [--batch "
    "N]\n"
    "          [--list FILE]; % in FORM is the number, %/20 a twentieth of it, %:20 its rest by twenty, %~ random\n"
    "          letters and digits made of it; or names come from FILE, one a line\n"
    "  tcp     --server ADDR:PORT --names N --name FORM [--connections N] [--window N]\n"
    "          one question at a time on each of so many connections\n"
    "  echo    --listen ADDR:PORT    the same answer to everything, as quickly as a server can\n"
    "  canary  --server ADDR:PORT --reference ADDR:PORT --zone ZONE [--rate N] [--uncached-rate N] [--timeout MS]\n"
    "          each line on stdin: a report; end of stdin: end\n"
    "  flood   --server ADDR:PORT --packets N --hex OCTETS [--zone ZONE]\n"
    "          that datagram, as fast as a good query for ZONE among them is answered\n"
    "  attack  --server ADDR:PORT --listen ADDR:PORT --packets N [--seed N] [--zone ZONE] [--name FORM]\n"
    "          half of the packets are mutated queries to the server, half mutated replies of an authority at --listen "
    "to\n"
    "          the questions that FORM's names make the server ask\n";

struct options {
    struct serve_options serve;
    struct ask_options ask;
    struct canary_options canary;
    struct query_options query;
    uint64_t packets;
};

static void end_with_usage(const char *why)
{
    fprintf(stderr, "storm: %s\n%s", why, usage);
    exit(2);
}

static struct sockaddr_in address_of(const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strrchr(text, ':');

    if (colon == NULL || (size_t)(colon - text) >= sizeof host) {
        end_with_usage("an address is ADDR:PORT");
    } else {
        memcpy(host, text, (size_t)(colon - text));
        host[colon - text] = '\0';
        a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
        if (inet_pton(AF_INET, host, &a.sin_addr) != 1) {
            end_with_usage("an address is IPv4");
        }
    }
    return a;
}

static void add_delegation(struct serve_options *o, const char *text, bool each_child)
{
    const char *at = strchr(text, '=');
    unsigned d = o->delegations;

    if (at == NULL || d == DELEGATIONS_MAX || (size_t)(at - text) >= sizeof o->delegation[d].zone) {
        end_with_usage("a delegation is ZONE=ADDR,...");
        return;
    }
    memcpy(o->delegation[d].zone, text, (size_t)(at - text));
    o->delegation[d].each_child = each_child;
    while (*at != '\0' && o->delegation[d].count < 8) {
        char host[64];
        size_t n = strcspn(++at, ",");
        snprintf(host, sizeof host, "%.*s", (int)n, at);
        if (inet_pton(AF_INET, host, &o->delegation[d].to[o->delegation[d].count++]) != 1) {
            end_with_usage("a delegation is ZONE=ADDR,...");
        }
        at += n;
    }
    o->delegations++;
}

enum {
    O_SERVER = 1,
    O_FROM,
    O_LISTEN,
    O_REFERENCE,
    O_ZONE,
    O_DELEGATE,
    O_CHILDREN,
    O_TTL,
    O_NAMES,
    O_NAME,
    O_HOT,
    O_HOT_NAME,
    O_HOT_EVERY,
    O_WINDOW,
    O_RATE,
    O_UNCACHED_RATE,
    O_FIRST,
    O_SOCKETS,
    O_TIMEOUT,
    O_TRIES,
    O_TYPE,
    O_ANY_TYPE,
    O_PACKETS,
    O_SEED,
    O_HEX,
    O_BATCH,
    O_LIST,
    O_CONNECTIONS
};
static const struct option words[] = {{"server", 1, NULL, O_SERVER},
                                      {"from", 1, NULL, O_FROM},
                                      {"listen", 1, NULL, O_LISTEN},
                                      {"reference", 1, NULL, O_REFERENCE},
                                      {"zone", 1, NULL, O_ZONE},
                                      {"delegate", 1, NULL, O_DELEGATE},
                                      {"children", 1, NULL, O_CHILDREN},
                                      {"ttl", 1, NULL, O_TTL},
                                      {"names", 1, NULL, O_NAMES},
                                      {"name", 1, NULL, O_NAME},
                                      {"hot", 1, NULL, O_HOT},
                                      {"hot-name", 1, NULL, O_HOT_NAME},
                                      {"hot-every", 1, NULL, O_HOT_EVERY},
                                      {"window", 1, NULL, O_WINDOW},
                                      {"rate", 1, NULL, O_RATE},
                                      {"uncached-rate", 1, NULL, O_UNCACHED_RATE},
                                      {"first", 1, NULL, O_FIRST},
                                      {"sockets", 1, NULL, O_SOCKETS},
                                      {"timeout", 1, NULL, O_TIMEOUT},
                                      {"tries", 1, NULL, O_TRIES},
                                      {"type", 1, NULL, O_TYPE},
                                      {"any-type", 0, NULL, O_ANY_TYPE},
                                      {"packets", 1, NULL, O_PACKETS},
                                      {"seed", 1, NULL, O_SEED},
                                      {"hex", 1, NULL, O_HEX},
                                      {"batch", 1, NULL, O_BATCH},
                                      {"list", 1, NULL, O_LIST},
                                      {"connections", 1, NULL, O_CONNECTIONS},
                                      {0}};

static void take_hex(struct message *m, const char *text)
{
    unsigned octet;
    int used;

    for (m->n = 0; sscanf(text, "%2x%n", &octet, &used) == 1; text += used) {
        put_u8(m, octet);
    }
    if (m->n == 0) {
        end_with_usage("--hex takes octets");
    }
}

static void take_text(struct options *o, int which, const char *text)
{
    switch (which) {
    case O_SERVER:
        o->ask.server = o->canary.server = o->query.server = address_of(text);
        break;
    case O_FROM:
        o->ask.from = address_of(text);
        break;
    case O_LISTEN:
        o->serve.listen = address_of(text);
        break;
    case O_REFERENCE:
        o->canary.reference = address_of(text);
        break;
    case O_ZONE:
        snprintf(o->canary.zone, sizeof o->canary.zone, "%s", text);
        snprintf(o->query.zone, sizeof o->query.zone, "%s", text);
        break;
    case O_DELEGATE:
    case O_CHILDREN:
        add_delegation(&o->serve, text, which == O_CHILDREN);
        break;
    case O_NAME:
        snprintf(o->ask.name, sizeof o->ask.name, "%s", text);
        break;
    case O_HOT_NAME:
        snprintf(o->ask.hot_name, sizeof o->ask.hot_name, "%s", text);
        break;
    case O_LIST:
        if (!name_list_read(&o->ask.list, text)) {
            end_with_usage("--list: no names there");
        }
        break;
    case O_HEX:
        take_hex(&o->query.fixed, text);
        break;
    default:
        end_with_usage("unknown option");
    }
}

static void take(struct options *o, int which, const char *text)
{
    uint64_t number = text == NULL ? 1 : strtoull(text, NULL, 10);
    unsigned small = (unsigned)number;

    switch (which) {
    case O_TTL:
        o->serve.ttl_s = small;
        break;
    case O_NAMES:
        o->ask.names = number;
        break;
    case O_HOT:
        o->ask.hot = small;
        break;
    case O_HOT_EVERY:
        o->ask.hot_every = small;
        break;
    case O_WINDOW:
        o->ask.window = small;
        break;
    case O_RATE:
        o->ask.rate = o->canary.cached_rate = small;
        break;
    case O_UNCACHED_RATE:
        o->canary.uncached_rate = small;
        break;
    case O_FIRST:
        o->ask.first = number;
        break;
    case O_SOCKETS:
        o->ask.sockets = small >= 1 && small <= 16 ? small : 4;
        break;
    case O_TIMEOUT:
        o->ask.timeout_ms = o->canary.patience_ms = o->query.patience_ms = small;
        break;
    case O_TRIES:
        o->ask.tries = small;
        break;
    case O_TYPE:
        o->ask.type = small;
        break;
    case O_ANY_TYPE:
        o->ask.any_type = true;
        break;
    case O_BATCH:
        o->ask.batch = small >= 1 && small <= 64 ? small : 64;
        break;
    case O_CONNECTIONS:
        o->ask.connections = small >= 1 ? small : 1;
        break;
    case O_PACKETS:
        o->packets = number;
        break;
    case O_SEED:
        o->serve.seed = o->ask.seed = o->query.seed = number;
        break;
    default:
        take_text(o, which, text);
    }
}

static struct counts *shared_counts(void)
{
    struct counts *c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c == MAP_FAILED) {
        perror("storm: mmap");
        exit(1);
    }
    return c;
}

static int ask_and_report(const struct options *o, struct counts *c, bool tcp)
{
    uint64_t begun = now_us();
    int code = tcp ? ask_tcp(&o->ask, c) : ask(&o->ask, c);
    double seconds = (double)(now_us() - begun) / 1e6;
    printf("{\"asked\": %lu, \"hot_asked\": %lu, \"answered\": %lu, \"denied\": %lu, \"failed\": %lu, \"lost\": %lu, "
           "\"hot_failed\": %lu, "
           "\"seconds\": %.2f, \"per_second\": %.0f, ",
           c->asked, c->hot_asked, c->answered, c->denied, c->failed, c->lost, c->hot_failed, seconds,
           (double)(c->asked + c->hot_asked) / seconds);
    times_print(&c->times);
    printf("}\n");
    return code;
}

static int flood(struct options *o, struct counts *c)
{
    uint64_t begun = now_us();

    if (o->query.fixed.n == 0) {
        end_with_usage("flood needs --hex");
    }
    o->query.packets = o->packets;
    int code = send_queries(&o->query, c);
    double seconds = (double)(now_us() - begun) / 1e6;
    printf("{\"packets\": %lu, \"unanswered\": %lu, \"seconds\": %.2f, \"per_second\": %.0f}\n", c->queries_udp,
           c->unanswered, seconds, (double)c->queries_udp / seconds);
    return code;
}

/* ---- attack ---- */

static pid_t fork_part(const struct options *o, struct counts *c, int part)
{
    pid_t pid = fork();

    if (pid != 0) {
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    switch (part) {
    case 0:
        _exit(serve(&o->serve, c));
    case 1:
        _exit(send_queries(&o->query, c));
    default:
        _exit(ask(&o->ask, c));
    }
}

static int attack(struct options *o, struct counts *c)
{
    uint64_t begun = now_us(), queries = o->packets / 2;
    pid_t part[3];
    int status = 0;
    bool ok = true;

    o->serve.mutates = true;
    o->query.packets = queries;
    o->ask.names = UINT64_MAX;
    o->ask.any_type = true;
    for (int i = 0; i < 3; i++) {
        part[i] = fork_part(o, c, i);
    }
    while (!c->stop) {
        bool asked_enough = c->mutated >= o->packets - queries;
        if (asked_enough && waitpid(part[1], &status, WNOHANG) == part[1]) {
            ok = status == 0;
            c->stop = true;
        } else if (waitpid(part[0], &status, WNOHANG) == part[0] || waitpid(part[2], &status, WNOHANG) == part[2] ||
                   c->unanswered >= 5) {
            ok = false;
            c->stop = true;
        }
        usleep(20000);
    }
    double seconds = (double)(now_us() - begun) / 1e6;
    uint64_t packets = c->queries_udp + c->queries_tcp + c->mutated;
    printf(
        "{\"queries_udp\": %lu, \"queries_tcp\": %lu, \"connections\": %lu, \"unanswered\": %lu, \"questions\": %lu, "
        "\"tcp_questions\": %lu, \"mutated\": %lu, \"asked\": %lu, \"answered\": %lu, \"failed\": %lu, \"lost\": %lu, "
        "\"packets\": %lu, \"seconds\": %.1f, \"per_second\": %.0f}\n",
        c->queries_udp, c->queries_tcp, c->connections, c->unanswered, c->questions, c->tcp_questions, c->mutated,
        c->asked, c->answered, c->failed, c->lost, packets, seconds, (double)packets / seconds);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    static struct options o = {
        .serve = {.ttl_s = 3600, .by_stdin = true, .seed = 1},
        .ask = {.window = 200,
                .sockets = 4,
                .tries = 3,
                .timeout_ms = 2000,
                .type = TYPE_A,
                .batch = 1,
                .connections = 1000,
                .name = "n%.test.",
                .seed = 1},
        .canary = {.cached_rate = 50, .uncached_rate = 5, .patience_ms = 5000, .zone = "canary."},
        .query = {.seed = 1, .patience_ms = 5000, .zone = "canary."},
        .packets = 100000};
    int which;

    if (argc < 2) {
        end_with_usage("no command");
    }
    while ((which = getopt_long(argc - 1, argv + 1, "", words, NULL)) != -1) {
        if (which == '?') {
            end_with_usage("unknown option");
        }
        take(&o, which, optarg);
    }
    signal(SIGPIPE, SIG_IGN);
    struct counts *c = shared_counts();
    if (strcmp(argv[1], "serve") == 0) {
        return serve(&o.serve, c);
    }
    if (strcmp(argv[1], "ask") == 0 || strcmp(argv[1], "tcp") == 0) {
        return ask_and_report(&o, c, argv[1][0] == 't');
    }
    if (strcmp(argv[1], "echo") == 0) {
        return echo(&o.serve.listen);
    }
    if (strcmp(argv[1], "canary") == 0) {
        return canary(&o.canary);
    }
    if (strcmp(argv[1], "flood") == 0) {
        return flood(&o, c);
    }
    if (strcmp(argv[1], "attack") == 0) {
        o.serve.by_stdin = false;
        return attack(&o, c);
    }
    end_with_usage("unknown command");
}
