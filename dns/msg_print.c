/*
 * msg_print.c - a message as text, in the layout that dig made familiar
 */
#include "dns/limits.h"
#include "dns/msg.h"
#include "dns/text.h"

static void print_header(const struct dns_msg *m, struct text *out)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } flags[] = {
        {DNS_FLAG_QR, "qr"}, {DNS_FLAG_AA, "aa"}, {DNS_FLAG_TC, "tc"}, {DNS_FLAG_RD, "rd"},
        {DNS_FLAG_RA, "ra"}, {DNS_FLAG_Z, "z"},   {DNS_FLAG_AD, "ad"}, {DNS_FLAG_CD, "cd"},
    };
    char opcode[DNS_TYPE_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX];
    text_addf(out, ";; opcode: %s, status: %s, id: %u\n;; flags:", dns_opcode_text(dns_msg_opcode(m), opcode),
              dns_rcode_text(dns_msg_rcode(m), rcode), (unsigned)m->id);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((m->flags & flags[i].bit) != 0) {
            text_addf(out, " %s", flags[i].name);
        }
    }
    text_addf(out, "; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n", (unsigned)m->qdcount,
              (unsigned)m->count[DNS_ANSWER], (unsigned)m->count[DNS_AUTHORITY], (unsigned)m->count[DNS_ADDITIONAL]);
}

static void print_hex(const uint8_t *p, size_t n, struct text *out)
{
    for (size_t i = 0; i < n; i++) {
        text_addf(out, "%02x", p[i]);
    }
}

/* Text from the network: printable ASCII as it is, the rest escaped (T106). */
static void print_quoted(const uint8_t *p, size_t n, struct text *out)
{
    text_add(out, "\"");
    for (size_t i = 0; i < n; i++) {
        if (p[i] < ' ' || p[i] > '~' || p[i] == '"' || p[i] == '\\') {
            text_addf(out, "\\%03u", p[i]);
        } else {
            text_addf(out, "%c", p[i]);
        }
    }
    text_add(out, "\"");
}

static void print_edns(const struct edns *e, struct text *out)
{
    text_addf(out, "; EDNS: version: %u, flags:%s; udp: %u\n", (unsigned)e->version, e->dnssec_ok ? " do" : "",
              (unsigned)e->udp_size);
    if (e->has_cookie) {
        text_add(out, "; COOKIE: ");
        print_hex(e->cookie, e->cookie_len, out);
        text_add(out, "\n");
    }
    if (e->has_ecs) {
        text_add(out, "; CLIENT-SUBNET: ");
        print_hex(e->ecs, e->ecs_len, out);
        text_add(out, "\n");
    }
    if (e->ede != DNS_EDE_NONE) {
        text_addf(out, "; EDE: %d (%s)", e->ede, dns_ede_text(e->ede));
        if (e->ede_text_len != 0) {
            text_add(out, ": ");
            print_quoted(e->ede_text, e->ede_text_len, out);
        }
        text_add(out, "\n");
    }
}

static void print_question(const struct dns_msg *m, struct text *out)
{
    char type[DNS_TYPE_TEXT_MAX], rclass[DNS_TYPE_TEXT_MAX];
    text_add(out, ";; QUESTION SECTION:\n;");
    text_name(out, m->qname);
    text_addf(out, " %s %s\n", dns_class_text(m->qclass, rclass), dns_type_text(m->qtype, type));
}

static void print_section(const struct dns_msg *m, enum dns_section s, struct text *out)
{
    static const char *const titles[] = {"ANSWER", "AUTHORITY", "ADDITIONAL"};
    uint8_t plain[DNS_MSG_MAX];
    bool titled = false;
    for (unsigned i = dns_msg_begin(m, s); i < dns_msg_end(m, s) && !out->cut; i++) {
        const struct rr_ref *rr = &m->rr[i];
        struct writer w = writer_of(plain, sizeof plain);
        struct dname_buf owner;
        if (rr->type == DNS_TYPE_OPT || dns_msg_rdata(m, i, &w) != DNS_OK) {
            continue; /* the OPT is printed as what it says */
        }
        if (!titled) {
            text_addf(out, ";; %s SECTION:\n", titles[s]);
            titled = true;
        }
        rr_print(dns_msg_owner(m, i, &owner), rr->ttl_s, rr->rclass, rr->type, plain, (uint16_t)w.pos, out);
        text_add(out, "\n");
    }
}

void dns_msg_print(const struct dns_msg *m, struct text *out)
{
    print_header(m, out);
    if (m->edns.present) {
        print_edns(&m->edns, out);
    }
    if (m->qdcount != 0) {
        print_question(m, out);
    }
    for (int s = 0; s < DNS_SECTIONS; s++) {
        print_section(m, (enum dns_section)s, out);
    }
}
