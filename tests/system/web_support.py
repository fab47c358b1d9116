"""A web server over HTTPS that says what it is told, with a certificate of a root of our own."""
import os
import socket
import ssl
import subprocess
import threading

from support import WORK, add_address

CONFIG = os.path.join(WORK, "openssl.conf")
ROOT = os.path.join(WORK, "root.pem")
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


def make(path, subject, *more):
    """A certificate and its key, together in a file."""
    with open(CONFIG, "w", encoding="ascii") as f:
        f.write("[req]\ndistinguished_name = dn\n[dn]\n")
    subprocess.run(["openssl", "req", "-x509", "-config", CONFIG, *NEW_KEY, "-subj", subject, "-out", path, "-keyout", path + ".key", *more],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def certificate(host):
    """Of a host, by the root in ROOT, which is made first."""
    if not os.path.exists(ROOT):
        make(ROOT, "/CN=root", "-addext", "basicConstraints=critical,CA:TRUE")
    return make(os.path.join(WORK, host + ".pem"), "/CN=" + host, "-addext", "subjectAltName=DNS:" + host, "-CA", ROOT, "-CAkey", ROOT + ".key")


def response(body, status="200 OK", media_type="text/plain", more=""):
    body = body.encode("ascii")
    return f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n".encode("ascii") + body


class WebServer(threading.Thread):
    """At an address, on port 443. `response`: the octets that everyone gets; None: nothing, until the client has gone."""

    def __init__(self, address, certificate_file):
        super().__init__(daemon=True)
        add_address(address)
        self.response = None
        self.asked = []         # the requests
        self.use(certificate_file)
        self.listener = socket.create_server((address, 443))
        self.start()

    def use(self, certificate_file):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate_file, certificate_file + ".key")

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.join()
        self.listener.close()

    def run(self):
        while True:
            try:
                plain, _peer = self.listener.accept()
            except OSError:
                return          # stopped
            plain.settimeout(30)
            try:
                with self.tls.wrap_socket(plain, server_side=True) as client:
                    self.talk(client)
            except OSError:
                pass            # a client that does not like the certificate, or has read enough

    def talk(self, client):
        request = b""
        while b"\r\n\r\n" not in request:
            more = client.recv(4096)
            if not more:
                return
            request += more
        self.asked.append(request.decode("latin-1"))
        if self.response is None:
            client.recv(1)
        else:
            client.sendall(self.response)
