/*
 * main.c - raizctl: looks into a running raizd, and asks it
 */
#include <locale.h>
#include <signal.h>

#include "tools/raizctl/raizctl.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");  /* may lines be drawn in Unicode? */
    signal(SIGPIPE, SIG_DFL); /* "raizctl cache ls | head" ends quietly */
    return raizctl_main(argc, argv, stdout, stderr);
}
