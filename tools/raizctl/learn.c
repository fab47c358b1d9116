/*
 * learn.c - one plain sentence for each step of a walk, for who learns how names are found
 */
#include "tools/raizctl/learn.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/raizctl/out.h"

/* In a sentence @n is the event's name, @z its zone, @s its server, @t its type. */
struct lesson {
    const char *event;
    const char *why; /* how the event's `why` begins; NULL: whatever it is */
    const char *text[2];
};

static const struct lesson lessons[] = {
    {"cut",
     "root hints",
     {"A resolver is born knowing only the addresses of the root servers: every walk begins there.",
      "Un resolvedor nace conociendo solo las direcciones de los servidores raíz: todo camino comienza allí."}},
    {"cut",
     "the root's own",
     {"Who serves the root is known: the root servers have told it themselves.",
      "Ya se sabe quién sirve la raíz: los propios servidores raíz lo han dicho."}},
    {"cut",
     "stub",
     {"The configuration says which servers to ask about @z",
      "La configuración dice a qué servidores preguntar por @z"}},
    {"cut",
     "forward",
     {"The configuration says that another resolver is to be asked about @z",
      "La configuración dice que por @z se pregunte a otro resolvedor"}},
    {"referral",
     NULL,
     {"The servers of @z do not hold the answer, but they know who serves @n: that is where to ask next.",
      "Los servidores de @z no tienen la respuesta, pero saben quién sirve @n: allí se pregunta ahora."}},
    {"cache_hit",
     NULL,
     {"This was asked a short while ago and is still valid: nobody has to be asked again.",
      "Esto se preguntó hace poco y aún es válido: no hace falta preguntar a nadie."}},
    {"synthesised",
     NULL,
     {"A proof that came with another name shows already that @n does not exist.",
      "Una prueba que vino con otro nombre ya muestra que @n no existe."}},
    {"local",
     NULL,
     {"Such names mean something on this host or site only, so the question never leaves it.",
      "Estos nombres solo significan algo en este equipo o sitio, así que la pregunta no sale de él."}},
    {"need_address",
     NULL,
     {"A name server is known by name only; before it can be asked, its address must be found like any other.",
      "De un servidor solo se conoce el nombre; antes de preguntarle hay que hallar su dirección como cualquier "
      "otra."}},
    {"need_trust",
     NULL,
     {"To check the signatures of @n, its keys are needed, and what the zone above says of them.",
      "Para comprobar las firmas de @n hacen falta sus claves, y lo que la zona superior dice de ellas."}},
    {"timeout",
     NULL,
     {"A datagram may be lost, or the server dead: one cannot tell, so after a while another try is made.",
      "Un datagrama puede perderse, o el servidor estar muerto: no se distingue, así que tras un rato se reintenta."}},
    {"unreachable",
     NULL,
     {"The network says that nothing can be delivered to @s; another server is tried.",
      "La red dice que a @s no se le puede entregar nada; se prueba con otro servidor."}},
    {"lame",
     NULL,
     {"The zone above names this server for @z, but it does not do that work: another is asked.",
      "La zona superior nombra este servidor para @z, pero no hace ese trabajo: se pregunta a otro."}},
    {"broken",
     NULL,
     {"The reply is not what the protocol allows, so nothing in it is believed.",
      "La respuesta no es lo que el protocolo permite, así que no se cree nada de ella."}},
    {"dropped",
     NULL,
     {"A server may speak only for its own zone: what it says about others is not believed.",
      "Un servidor solo puede hablar de su propia zona: lo que dice de otras no se cree."}},
    {"retry",
     "over TCP",
     {"The answer did not fit a datagram, or could not be trusted there: it is asked for over a connection.",
      "La respuesta no cabía en un datagrama, o no era de fiar allí: se pide por una conexión."}},
    {"retry",
     "without EDNS",
     {"An old server that does not know the extension EDNS: it is asked in the old way.",
      "Un servidor antiguo que no conoce la extensión EDNS: se le pregunta a la antigua."}},
    {"alias",
     NULL,
     {"The name is an alias (CNAME): its real name is @n, and the search goes on with that.",
      "El nombre es un alias (CNAME): su nombre verdadero es @n, y la búsqueda sigue con él."}},
    {"nodata",
     NULL,
     {"The name exists, but has no record of type @t. That is remembered, too.",
      "El nombre existe, pero no tiene registro de tipo @t. Eso también se recuerda."}},
    {"nxdomain",
     NULL,
     {"The zone's own server says that the name does not exist. That is remembered, too.",
      "El propio servidor de la zona dice que el nombre no existe. Eso también se recuerda."}},
    {"answer",
     NULL,
     {"The server answers for its own zone: this is the answer, and it is kept until its TTL ends.",
      "El servidor responde por su propia zona: esta es la respuesta, y se guarda hasta que acabe su TTL."}},
    {"secure",
     NULL,
     {"The signatures fit, link by link from the root: nobody on the way has changed anything.",
      "Las firmas encajan, eslabón a eslabón desde la raíz: nadie en el camino ha cambiado nada."}},
    {"insecure",
     NULL,
     {"The zone above proves that this zone is not signed: the answer is taken as it comes.",
      "La zona superior prueba que esta zona no está firmada: la respuesta se toma como viene."}},
    {"bogus",
     NULL,
     {"The signatures do not fit: rather no answer than one that may be forged.",
      "Las firmas no encajan: mejor ninguna respuesta que una quizá falsificada."}},
    {"failed",
     NULL,
     {"No way is left to try: the client is told so (SERVFAIL), and for a few seconds nobody tries again.",
      "No queda camino por probar: se le dice al cliente (SERVFAIL), y por unos segundos nadie reintenta."}},
};

enum learn_language learn_language(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0') {
            return strncmp(value, "es", 2) == 0 ? LEARN_SPANISH : LEARN_ENGLISH;
        }
    }
    return LEARN_ENGLISH;
}

/* The letters of Spanish, in place. */
static void strip_accents(char *text)
{
    static const char from[] = "\xa1\xa9\xad\xb3\xba\xb1", to[] = "aeioun";
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        const char *found = *in == '\xc3' && in[1] != '\0' ? strchr(from, in[1]) : NULL;
        *out++ = found != NULL ? to[found - from] : *in;
        in += found != NULL;
    }
    *out = '\0';
}

static const char *value_of(const json_t *event, char letter)
{
    switch (letter) {
    case 'n':
        return out_text(event, "name");
    case 'z':
        return out_text(event, "zone");
    case 's':
        return out_text(event, "server");
    default:
        return out_text(event, "type");
    }
}

const char *learn_sentence(const json_t *event, enum learn_language language, bool ascii, char *buf, size_t cap)
{
    const char *kind = out_text(event, "event"), *why = out_text(event, "why");
    const struct lesson *l = lessons, *end = lessons + sizeof lessons / sizeof lessons[0];
    while (l < end && (strcmp(l->event, kind) != 0 || (l->why != NULL && strncmp(l->why, why, strlen(l->why)) != 0))) {
        l++;
    }
    if (l == end ||
        (strcmp(kind, "cache_hit") == 0 && why[0] != '\0')) { /* a failure that is remembered: the row tells it */
        return NULL;
    }
    size_t at = 0;
    for (const char *c = l->text[language]; *c != '\0' && at + 1 < cap; c++) {
        if (*c == '@') {
            int n = snprintf(buf + at, cap - at, "%s", value_of(event, *++c));
            at = n < 0 || (size_t)n >= cap - at ? cap - 1 : at + (size_t)n;
        } else {
            buf[at++] = *c;
        }
    }
    buf[at] = '\0';
    if (ascii) {
        strip_accents(buf);
    }
    return buf;
}
