/*
 * fetch.c - one small text file from a web server, over HTTPS, by libcurl
 */
#include "tools/raizctl/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/io/library.h"
#include "tools/raizctl/out.h"

#define PORT_HTTPS   443
#define STATUS_OK    200
#define WANTED_TYPE  "text/plain"
#define PLACE_MAX    (DNAME_TEXT_MAX + 8 + FETCH_ADDRESSES_MAX * (ADDR_TEXT_MAX + 3))
#define SHOWN_MAX    80 /* of what a server said */
#define NO_MEMORY    "out of memory"
#define CURL_PACKAGE "libcurl4"

/* What is used of the library. */
#define CALLS(X)                                                                                                       \
    X(global_init)                                                                                                     \
    X(global_cleanup)                                                                                                  \
    X(slist_append)                                                                                                    \
    X(slist_free_all)                                                                                                  \
    X(easy_init)                                                                                                       \
    X(easy_setopt)                                                                                                     \
    X(easy_perform)                                                                                                    \
    X(easy_getinfo)                                                                                                    \
    X(easy_strerror)                                                                                                   \
    X(easy_cleanup)

struct calls {
#define X(name) __typeof__(&curl_##name) name;
    CALLS(X)
#undef X
};

struct transfer {
    struct calls curl;
    CURL *handle;
    struct curl_slist *place;
    struct fetch *f;
    bool too_large;
    char error[CURL_ERROR_SIZE];
};

static bool load(struct calls *calls)
{
    void *library = dlopen(CURL_SONAME, RTLD_NOW | RTLD_LOCAL);
    bool ok = true;
#define X(name) ok = ok && library_call(library, "curl_" #name, &calls->name, sizeof calls->name);
    CALLS(X)
#undef X
    return ok;
}

static size_t on_text(char *data, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t octets = one * n;
    if (octets > FETCH_TEXT_MAX - t->f->len) {
        t->too_large = true;
        return 0; /* which ends it */
    }
    memcpy(t->f->text + t->f->len, data, octets);
    t->f->len += octets;
    return octets;
}

/* "host:443:192.0.2.1,[2001:db8::1]": libcurl looks nothing up. */
static bool set_place(struct transfer *t)
{
    char text[PLACE_MAX], address[ADDR_TEXT_MAX];
    int n = snprintf(text, sizeof text, "%s:%d:", t->f->host, PORT_HTTPS);
    for (size_t i = 0; i < t->f->count; i++) {
        bool six = t->f->addresses[i].family == ADDR_IP6;
        addr_print(&t->f->addresses[i], address);
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%s%s%s", i > 0 ? "," : "", six ? "[" : "", address,
                      six ? "]" : "");
    }
    t->place = t->curl.slist_append(NULL, text);
    return t->place != NULL && t->curl.easy_setopt(t->handle, CURLOPT_RESOLVE, t->place) == CURLE_OK;
}

static bool set_up(struct transfer *t)
{
    const struct calls *c = &t->curl;
    CURL *h = t->handle;
    bool ok = set_place(t) && c->easy_setopt(h, CURLOPT_URL, t->f->url) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK && /* nor those of the environment */
              c->easy_setopt(h, CURLOPT_USERAGENT, "raizctl/" RAIZ_VERSION) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && /* RFC 8461 section 3.3 */
              c->easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)t->f->timeout_ms) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_MAXFILESIZE, (long)FETCH_TEXT_MAX) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_WRITEFUNCTION, on_text) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_WRITEDATA, t) == CURLE_OK &&
              c->easy_setopt(h, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK;
    if (ok && t->f->ca != NULL) { /* these, and not the system's folder of roots besides */
        ok = c->easy_setopt(h, CURLOPT_CAINFO, t->f->ca) == CURLE_OK &&
             c->easy_setopt(h, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
    return ok;
}

static bool is_wanted_type(const char *type)
{
    size_t n = type != NULL ? strcspn(type, "; \t") : 0;
    return n == strlen(WANTED_TYPE) && strncasecmp(type, WANTED_TYPE, n) == 0;
}

/* What the server said is no policy file: the state is FETCH_FAILED, and this is why. "": it is one. */
static void judge_answer(const struct transfer *t, char why[static FETCH_WHY_MAX])
{
    long status = 0;
    const char *type = NULL;
    char shown[SHOWN_MAX];
    t->curl.easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    t->curl.easy_getinfo(t->handle, CURLINFO_CONTENT_TYPE, &type);
    type = type != NULL ? type : "missing";
    why[0] = '\0';
    if (status >= 300 && status <= 399) {
        snprintf(why, FETCH_WHY_MAX, "the web server sends elsewhere (HTTP %ld), and nobody may follow", status);
    } else if (status != 0 && status != STATUS_OK) {
        snprintf(why, FETCH_WHY_MAX, "the web server answers with HTTP %ld", status);
    } else if (status == STATUS_OK && t->too_large) {
        snprintf(why, FETCH_WHY_MAX, "it is larger than %d KB", FETCH_TEXT_MAX / 1024);
    } else if (status == STATUS_OK && !is_wanted_type(type)) {
        snprintf(why, FETCH_WHY_MAX, "its media type is %s, not " WANTED_TYPE,
                 out_printable((const uint8_t *)type, strlen(type), shown, sizeof shown));
    }
}

/* Why libcurl has not brought it. */
static void judge_failure(const struct transfer *t, CURLcode code)
{
    char words[CURL_ERROR_SIZE];
    struct fetch *f = t->f;
    const char *said = t->error[0] != '\0' ? t->error : t->curl.easy_strerror(code);
    out_printable((const uint8_t *)said, strlen(said), words, sizeof words);
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        snprintf(f->why, sizeof f->why, "nobody takes connections to port %d", PORT_HTTPS);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        snprintf(f->why, sizeof f->why, "it did not come within %u s", f->timeout_ms / 1000);
        break;
    case CURLE_FILESIZE_EXCEEDED:
        snprintf(f->why, sizeof f->why, "it is larger than %d KB", FETCH_TEXT_MAX / 1024);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
        snprintf(f->why, sizeof f->why, "the web server's certificate is not good: %s", words);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        f->state = FETCH_LEFT_OUT;
        snprintf(f->why, sizeof f->why, "no certificates to trust are in %s",
                 f->ca != NULL ? f->ca : "the system's place for them: install ca-certificates, or name a file (--ca)");
        break;
    default:
        snprintf(f->why, sizeof f->why, "%s", words);
        break;
    }
}

static void transfer(struct transfer *t)
{
    struct fetch *f = t->f;
    t->handle = t->curl.easy_init();
    if (t->handle == NULL || !set_up(t)) {
        fetch_leave_out(f, NO_MEMORY);
    } else {
        CURLcode code = t->curl.easy_perform(t->handle);
        f->state = FETCH_FAILED;
        judge_answer(t, f->why);
        if (f->why[0] == '\0' && code == CURLE_OK) {
            f->state = FETCH_DONE;
        } else if (f->why[0] == '\0') {
            judge_failure(t, code);
        }
    }
    if (t->handle != NULL) {
        t->curl.easy_cleanup(t->handle);
    }
    t->curl.slist_free_all(t->place);
}

void fetch_run(struct fetch *f)
{
    struct transfer t = {.f = f};
    f->text = malloc(FETCH_TEXT_MAX);
    if (f->text == NULL) {
        fetch_leave_out(f, NO_MEMORY);
    } else if (!load(&t.curl)) {
        fetch_leave_out(f, "that needs " CURL_SONAME ": install " CURL_PACKAGE);
    } else if (t.curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fetch_leave_out(f, "libcurl does not start");
    } else {
        transfer(&t);
        t.curl.global_cleanup();
    }
}

void fetch_leave_out(struct fetch *f, const char *why)
{
    f->state = FETCH_LEFT_OUT;
    snprintf(f->why, sizeof f->why, "%s", why);
}

void fetch_release(struct fetch *f)
{
    free(f->text);
    f->text = NULL;
}
