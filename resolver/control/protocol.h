/*
 * protocol.h - the words of the control socket
 *
 * A Unix stream socket, mode 0660. One request is one line of JSON, at most CONTROL_LINE_MAX octets:
 *
 *     {"verb": "status"}                                  {"verb": "cache.show", "name": "example.com."}
 *
 * The reply is lines of JSON; streams send one object a line. The last line of every reply has "done": true, and "ok",
 * and when not ok "error" (one sentence) and "code" (the exit code that raizctl ends with):
 *
 *     {"done": true, "ok": false, "error": "unknown verb 'statsu'; did you mean 'stats'?", "code": 2}
 *
 * Shared by the daemon and raizctl; documented for others in docs/control.md.
 */
#ifndef RAIZ_CONTROL_PROTOCOL_H
#define RAIZ_CONTROL_PROTOCOL_H

#define CONTROL_VERSION         1    /* of the JSON: fields are only ever added */
#define CONTROL_LINE_MAX        1024 /* T127 */
#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_IDLE_S          5 /* a request must come within */

enum control_code {
    CONTROL_OK = 0,
    CONTROL_FAILED = 1,
    CONTROL_USAGE = 2,
    CONTROL_NOT_RUNNING = 3,
    CONTROL_DENIED = 4,
    CONTROL_NO_REPLY = 9
};

#define CONTROL_SOCKET_DEFAULT "/run/raiz/raizctl.sock"

#endif
