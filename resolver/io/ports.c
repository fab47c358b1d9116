/*
 * ports.c - which source ports questions may leave from
 */
#include "resolver/io/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool avoided(const struct ports *p, unsigned port)
{
    return (p->avoid[port / 64] >> port % 64 & 1) != 0;
}

void ports_avoid(struct ports *p, unsigned first, unsigned last)
{
    for (unsigned port = first; port <= last && port < 65536; port++) {
        if (!avoided(p, port)) {
            p->avoid[port / 64] |= UINT64_C(1) << port % 64;
            p->usable--;
        }
    }
}

void ports_init(struct ports *p)
{
    memset(p, 0, sizeof *p);
    p->usable = 65536;
    ports_avoid(p, 0, PORTS_FIRST - 1);
    ports_avoid(p, 4791, 4791);
    ports_avoid(p, 11211, 11211);
}

bool ports_avoid_text(struct ports *p, const char *text)
{
    while (*text != '\0' && *text != '\n') {
        char *end;
        unsigned long first = strtoul(text, &end, 10);
        unsigned long last = first;
        if (end == text) {
            return false;
        }
        if (*end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
            if (end == text) {
                return false;
            }
        }
        if (first > last || last > 65535) {
            return false;
        }
        ports_avoid(p, (unsigned)first, (unsigned)last);
        text = *end == ',' ? end + 1 : end;
        if (*end != ',' && *end != '\0' && *end != '\n') {
            return false;
        }
    }
    return true;
}

void ports_avoid_reserved(struct ports *p)
{
    char *line = NULL;
    size_t cap = 0;
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_reserved_ports", "re");
    if (f == NULL) {
        return;
    }
    if (getline(&line, &cap, f) > 0) {
        ports_avoid_text(p, line);
    }
    free(line);
    fclose(f);
}

uint16_t ports_pick(const struct ports *p, struct rng *rng)
{
    if (p->usable < PORTS_POOL_MIN) {
        return 0;
    }
    for (;;) { /* one try in sixteen succeeds at the very worst, nearly every one in practice */
        uint16_t port = rng_u16(rng);
        if (!avoided(p, port)) {
            return port;
        }
    }
}
