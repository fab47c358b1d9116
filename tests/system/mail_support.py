"""Mail servers of Debian, unpacked and not installed (tests/peers): Postfix and Dovecot, each in a folder of its own below $WORK."""
import os
import resource
import socket
import subprocess
import time

from support import SLOW, WORK, add_address, check

UNPACKED = os.path.join(os.path.dirname(os.path.abspath(os.environ.get("PEERS", "build-tests/peers/run"))), "root")
ONE_USER = os.path.join(os.path.abspath(os.environ.get("BINARY_DIR", "build")), "tests", "liboneuser.so")
QUEUE = "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace"
SERVICES = """\
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 300   1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -     - proxymap
smtp      unix - - n -     - smtp
lmtp      unix - - n -     - lmtp
showq     unix n - n -     - showq
error     unix - - n -     - error
retry     unix - - n -     - error
anvil     unix - - n -     1 anvil
scache    unix - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def environment():
    """Where the libraries of the unpacked programs are, and the library that lets them change their user."""
    found = {folder for top in ("lib", "usr/lib") for folder, _dirs, files in os.walk(os.path.join(UNPACKED, top))
             if any(".so" in name for name in files)}
    for program in ("usr/lib/postfix/sbin/master", "usr/sbin/dovecot"):
        check(os.path.exists(os.path.join(UNPACKED, program)), f"{UNPACKED}/{program}: tests/peers unpacks it (see tests/run)")
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(sorted(found)), "LD_PRELOAD": ONE_USER, "UNPACKED": UNPACKED}


def make_users():
    """The users that the packages would have made, seen in this mount namespace alone."""
    names = ("postfix", "postdrop", "dovecot", "dovenull")
    groups = {"dovecot": 0, "dovenull": 0}      # Dovecot looks who owns what it made, and here that is always root
    for file, line in (("passwd", "{0}:x:{1}:{2}::/:/bin/false\n"), ("group", "{0}:x:{2}:\n")):
        with open(f"/etc/{file}", encoding="utf-8") as f:
            kept = [x for x in f if x.split(":")[0] not in names]
        path = os.path.join(WORK, file)
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(kept + [line.format(name, 901 + i, groups.get(name, 901 + i)) for i, name in enumerate(names)])
        subprocess.run(["mount", "--bind", path, f"/etc/{file}"], check=True)


def make_key(name):
    """A key and a certificate for that host: (path of both in one, what a TLSA record says of it)."""
    path = os.path.join(WORK, f"{name}.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", path, "-out", path + ".crt"], check=True,
                   stderr=subprocess.DEVNULL)
    public = subprocess.run(["openssl", "x509", "-in", path + ".crt", "-noout", "-pubkey"], check=True, stdout=subprocess.PIPE).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True, stdout=subprocess.PIPE).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, check=True, stdout=subprocess.PIPE).stdout
    with open(path, "a", encoding="ascii") as key, open(path + ".crt", encoding="ascii") as crt:
        key.write(crt.read())
    return path, "3 1 1 " + digest.split()[0].decode()


class Server:
    """A process with a log; started when its ports answer. What still runs at the end goes with the test's PID namespace."""

    def begin(self, command, log, ports, **more):
        self.logfile = log
        # Few open files: these servers close at their start all that there could be, one by one.
        self.process = subprocess.Popen(command, env={**environment(), **more}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(log + ".err", "wb"),
                                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024)))
        for port in ports:
            until = time.monotonic() + 10 * SLOW
            while True:
                try:
                    socket.create_connection(port, 5).close()
                    break
                except OSError:
                    check(self.process.poll() is None and time.monotonic() < until, f"{command} listens on {port}: {self.log()}")
                    time.sleep(0.05)

    def log(self):
        text = ""
        for path in (self.logfile, self.logfile + ".err"):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    text += f.read()
        return text

    def wait_log(self, words, within=10):
        """Waits for a line with these words, and returns it."""
        until = time.monotonic() + within * SLOW
        while True:
            for line in self.log().splitlines():
                if all(w in line for w in words):
                    return line
            check(time.monotonic() < until, f"no line with {words} in\n{self.log()}")
            time.sleep(0.05)

    def kill(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class Postfix(Server):
    """The mail server `name` at that address; settings go to main.cf, services to master.cf."""

    def __init__(self, name, address, key, settings, services="", ports=(25,)):
        add_address(address)
        folder = os.path.join(WORK, name)
        self.conf, self.queue = f"{folder}/conf", f"{folder}/queue"
        for part in ["conf", "data"] + [f"queue/{x}" for x in QUEUE.split()]:
            os.makedirs(os.path.join(folder, part))
        with open(f"{self.conf}/main.cf", "w", encoding="ascii") as f:
            f.write(f"""compatibility_level = 3.6
queue_directory = {self.queue}
data_directory = {folder}/data
daemon_directory = {UNPACKED}/usr/lib/postfix/sbin
command_directory = {UNPACKED}/usr/sbin
shlib_directory = no
meta_directory = {self.conf}
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH LD_PRELOAD
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {WORK}
myhostname = {name}
inet_interfaces = {address}
smtp_bind_address = {address}
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks =
smtpd_tls_chain_files = {key}
smtpd_tls_loglevel = 1
smtp_tls_loglevel = 1
smtp_host_lookup = dns
minimal_backoff_time = 1s
queue_run_delay = 1s
smtpd_error_sleep_time = 0
{settings}
""")
        with open(f"{self.conf}/master.cf", "w", encoding="ascii") as f:
            f.write(f"smtp inet n - n - - smtpd\n{SERVICES}{services}\n")
        for file in ("main.cf", "master.cf"):       # it waits until what was just written is seconds old
            os.utime(f"{self.conf}/{file}", (time.time() - 60, time.time() - 60))
        self.begin([f"{UNPACKED}/usr/lib/postfix/sbin/master", "-c", self.conf, "-d"], f"{folder}/log", [(address, p) for p in ports])

    def waiting(self):
        """How many messages are in the queue."""
        return sum(len(files) for part in ("incoming", "active", "deferred") for _d, _s, files in os.walk(f"{self.queue}/{part}"))


class Dovecot(Server):
    """Mailboxes of `people` {account: password} at that address by POP3 and IMAP; it takes mail by LMTP, and knows passwords for others."""

    def __init__(self, address, people):
        add_address(address)
        self.folder = os.path.join(WORK, "dovecot")
        self.lmtp, self.auth = f"{self.folder}/lmtp", f"{self.folder}/sasl"
        os.makedirs(f"{self.folder}/run")
        with open(f"{self.folder}/people", "w", encoding="ascii") as f:
            f.writelines(f"{name}:{{PLAIN}}{password}\n" for name, password in people.items())
        libexec = f"{UNPACKED}/usr/lib/dovecot"
        with open(f"{self.folder}/dovecot.conf", "w", encoding="ascii") as f:
            f.write(f"""base_dir = {self.folder}/run
state_dir = {self.folder}/run
libexec_dir = {libexec}
mail_plugin_dir = {libexec}/modules
import_environment = TZ LD_LIBRARY_PATH LD_PRELOAD UNPACKED
log_path = {self.folder}/log
protocols = imap pop3 lmtp
listen = {address}
ssl = no
disable_plaintext_auth = no
auth_username_format = %n
auth_failure_delay = 0
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = maildir:{self.folder}/mail/%n
passdb {{
  driver = passwd-file
  args = {self.folder}/people
}}
userdb {{
  driver = static
  args = uid=902 gid=902 home={self.folder}/mail/%n
}}
service imap-login {{
  chroot =
}}
service pop3-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
service lmtp {{
  unix_listener {self.lmtp} {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener {self.auth} {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
}}
""")
        # dovecot would run /usr/bin/doveconf to read its configuration, and that would run it again: this is the second half.
        conf = f"{self.folder}/dovecot.conf"
        self.begin([f"{UNPACKED}/usr/bin/doveconf", "-f", "service=master", "-c", conf, "-m", "master", "-e", f"{UNPACKED}/usr/sbin/dovecot",
                    "-F"], f"{self.folder}/log", [(address, 110), (address, 143)], CONFIG_FILE=conf)
