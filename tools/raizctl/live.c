/*
 * live.c - a picture on the terminal that is drawn anew all the time
 */
#include "tools/raizctl/live.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER         "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE         "\033[?25h\033[?1049l"
#define HOME          "\033[H"
#define REST_OF_LINE  "\033[K"
#define REST_OF_ALL   "\033[J"
#define LINES_UNKNOWN 24

/* As the terminal was: for the handler of signals, which gets no argument. */
static struct termios before;

static void put(const char *text, size_t n)
{
    while (n > 0) {
        ssize_t k = write(STDOUT_FILENO, text, n);
        if (k <= 0) {
            return;
        }
        text += k;
        n -= (size_t)k;
    }
}

static void leave(void)
{
    put(LEAVE, sizeof LEAVE - 1);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* All that is called here may be called from a handler. */
static void on_signal(int number)
{
    leave();
    _exit(number == SIGINT ? 0 : 128 + number);
}

bool live_possible(FILE *out)
{
    const char *term = getenv("TERM");
    return out == stdout && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0 &&
           term != NULL && strcmp(term, "dumb") != 0;
}

void live_begin(void)
{
    struct termios keys = before;
    struct sigaction act = {.sa_handler = on_signal};
    keys.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    put(ENTER, sizeof ENTER - 1);
}

void live_end(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    leave();
}

unsigned live_lines(void)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return known ? size.ws_row : LINES_UNKNOWN;
}

void live_draw(const char *text)
{
    put(HOME, sizeof HOME - 1);
    for (unsigned left = live_lines() - 1; *text != '\0' && left > 0; left--) {
        size_t n = strcspn(text, "\n");
        put(text, n);
        put(REST_OF_LINE "\n", sizeof REST_OF_LINE);
        text += n + (text[n] == '\n');
    }
    put(REST_OF_ALL, sizeof REST_OF_ALL - 1);
}

bool live_is_over(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;
    while (poll(&p, 1, 0) > 0) {
        if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == '\033') {
            return true;
        }
    }
    return false;
}
