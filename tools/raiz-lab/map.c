#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/raiz-lab/lab.h"

bool lab_map(struct lab *lab, const struct addr_prefix *net, uint16_t port)
{
    uint32_t first = (uint32_t)net->addr.ip[0] << 24 | (uint32_t)net->addr.ip[1] << 16 |
                     (uint32_t)net->addr.ip[2] << 8 | net->addr.ip[3];
    uint64_t room = UINT64_C(1) << (32 - net->bits);
    uint32_t k = 0;
    for (size_t i = 0; i < lab->servers; i++) {
        struct lab_server *s = &lab->server[i];
        for (size_t a = 0; a < s->addresses; a++) {
            if (++k >= room) {
                return false;
            }
            uint32_t ip = first + k;
            uint8_t octet[4] = {(uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip};
            s->bound[a] = addr_ip4(octet, port);
        }
    }
    return true;
}

void lab_real(struct lab *lab, uint16_t port)
{
    for (size_t i = 0; i < lab->servers; i++) {
        struct lab_server *s = &lab->server[i];
        for (size_t a = 0; a < s->addresses; a++) {
            s->bound[a] = s->real[a];
            s->bound[a].port = port;
        }
    }
}

static void write_lines(const struct lab *lab, FILE *f)
{
    fputs("# Where the lab's servers are: real address, loopback address. Written by raiz-lab for raizd's setting\n"
          "# resolution.address-map.\n",
          f);
    for (size_t i = 0; i < lab->servers; i++) {
        const struct lab_server *s = &lab->server[i];
        for (size_t a = 0; a < s->addresses; a++) {
            char real[ADDR_TEXT_MAX], bound[ADDR_TEXT_MAX];
            struct addr to = s->bound[a];
            to.port = 0;
            addr_print(&s->real[a], real);
            addr_print(&to, bound);
            fprintf(f, "%s %s  # %s\n", real, bound, s->name);
        }
    }
}

bool lab_map_write(const struct lab *lab, const char *path)
{
    char *other = NULL;
    if (asprintf(&other, "%s.new", path) < 0) {
        return false;
    }
    FILE *f = fopen(other, "we");
    bool ok = f != NULL;
    if (ok) {
        write_lines(lab, f);
        ok = !ferror(f);
        ok = fclose(f) == 0 && ok;
        ok = ok && rename(other, path) == 0;
    }
    free(other);
    return ok;
}
