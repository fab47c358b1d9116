#!/usr/bin/env python3
"""The lecture's mail: alice@crepes.fr writes to bob@someschool.edu. Her mail server, a real one, finds Bob's through raizd alone."""
import base64
import email
import email.message
import imaplib
import json
import os
import random
import re
import signal
import socket
import subprocess
import time

from lab_support import Lab, Resolver, copy_zones, use_as_resolver
from mail_support import Dovecot, Postfix, make_key, make_users
from support import PLAIN, RAIZCTL, SLOW, WORK, check, ctl, main

PICTURE = random.Random(1).randbytes(3000)      # stands for a photograph: all octets there are


class Dialogue:
    """What a person types, and what the server says, a line at a time."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.seen = reader, writer, []

    def line(self):
        text = self.reader.readline().decode("latin-1").rstrip("\r\n")
        self.seen.append(text)
        return text

    def expect(self, code):
        """The last line of a reply of SMTP or POP3, which must begin so."""
        text = self.line()
        while re.match(r"\d{3}-", text):
            text = self.line()
        check(text.startswith(code), f"{code} was to come: {self.seen}")
        return text

    def say(self, text, code=None):
        self.seen.append("> " + text)
        self.writer.write(text.encode("latin-1") + b"\r\n")
        self.writer.flush()
        return self.expect(code) if code else None

    def block(self):
        """Lines up to the one with a dot."""
        lines = []
        while (text := self.line()) != ".":
            lines.append(text[1:] if text.startswith(".") else text)
        return "\r\n".join(lines)


def letter(subject):
    m = email.message.EmailMessage()
    m["From"], m["To"], m["Subject"] = "Alice <alice@crepes.fr>", "Bob <bob@someschool.edu>", subject
    m["Message-ID"] = f"<{subject.replace(' ', '-')}@crepes.fr>"
    m.set_content("Do you like ketchup?\n.\nHow about pickles?\n")       # a line with a dot alone is part of the text
    m.add_attachment(PICTURE, maintype="image", subtype="png", filename="crepe.png")
    return m.as_string()


def submit(key, text, while_open=lambda: None):
    """As the lecture does it by hand: openssl s_client, AUTH PLAIN in base64, the commands of SMTP. Returns the queue's id."""
    # -quiet: else s_client takes a line that begins with R, such as RCPT, for a command of its own
    client = subprocess.Popen(["openssl", "s_client", "-starttls", "smtp", "-crlf", "-quiet", "-CAfile", key + ".crt", "-verify_return_error",
                               "-verify_hostname", "mail.crepes.fr", "-connect", "mail.crepes.fr:587"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    class Typed:      # s_client makes CR LF of LF
        def write(self, data):
            client.stdin.write(data.replace(b"\r\n", b"\n"))

        def flush(self):
            client.stdin.flush()

    d = Dialogue(client.stdout, Typed())
    d.say("EHLO crepes.fr", "250")      # once more, now that nobody else can read it
    check(any("AUTH PLAIN" in x for x in d.seen), f"{d.seen}")
    d.say("MAIL FROM:<alice@crepes.fr>", "250")
    d.say("RCPT TO:<bob@someschool.edu>", "554 5.7.1")      # nobody's mail is taken further before it is known who it is
    d.say("RSET", "250")
    d.say("AUTH PLAIN " + base64.b64encode(b"\0alice\0wrong").decode(), "535")
    d.say("AUTH PLAIN " + base64.b64encode(b"\0alice\0rabbit").decode(), "235")
    d.say("MAIL FROM:<alice@crepes.fr>", "250")
    d.say("RCPT TO:<bob@someschool.edu>", "250")
    d.say("DATA", "354")
    while_open()
    for line in text.splitlines():
        d.say("." + line if line.startswith(".") else line)
    queued = d.say(".", "250")
    d.say("QUIT", "221")
    client.wait(10 * SLOW)
    return re.search(r"queued as (\w+)", queued)[1]


def pop3():
    sock = socket.create_connection(("mail.someschool.edu", 110), 10 * SLOW)     # found through raizd, as all names here
    d = Dialogue(sock.makefile("rb"), sock.makefile("wb"))
    d.expect("+OK")
    return d


def read_by_pop3():
    """USER, PASS, LIST, RETR, DELE, QUIT: what is deleted is gone in the next session, and nothing else is remembered."""
    d = pop3()
    d.say("USER bob", "+OK")
    d.say("PASS wrong", "-ERR")
    d.say("USER bob", "+OK")
    d.say("PASS builder", "+OK")
    d.say("LIST", "+OK")
    listed = d.block()
    check(re.fullmatch(r"1 \d+", listed), f"one message: {listed}")
    d.say("RETR 1", "+OK")
    text = d.block()
    d.say("DELE 1", "+OK")
    d.say("QUIT", "+OK")
    d = pop3()
    d.say("USER bob", "+OK")
    d.say("PASS builder", "+OK")
    d.say("LIST", "+OK")
    check(d.block() == "", "it is gone")
    d.say("QUIT", "+OK")
    return text


def check_letter(text, subject):
    m = email.message_from_string(text, policy=email.policy.default)
    check(m["Subject"] == subject and m.is_multipart(), f"{text[:500]}")
    parts = list(m.iter_parts())
    check(parts[0].get_content().replace("\r\n", "\n") == "Do you like ketchup?\n.\nHow about pickles?\n", f"{parts[0].get_content()!r}")
    check(parts[1].get_content_type() == "image/png" and parts[1]["Content-Transfer-Encoding"] == "base64", "its type is declared")
    check(parts[1].get_content() == PICTURE and parts[1].get_filename() == "crepe.png", "the attachment is whole")
    return m


def imap():
    c = imaplib.IMAP4("mail.someschool.edu")
    check(c.login("bob", "builder")[0] == "OK", "login")
    return c


def read_by_imap():
    """Messages stay, in folders, with what is known of them from session to session."""
    c = imap()
    check(c.create("Lectures")[0] == "OK" and c.select("INBOX")[1] == [b"1"], "a new folder; one message")
    text = c.fetch("1", "(BODY.PEEK[])")[1][0][1].decode("latin-1")
    check(b"\\Seen" not in c.fetch("1", "(FLAGS)")[1][0], "not seen yet")
    c.store("1", "+FLAGS", "(\\Seen \\Flagged)")
    c.copy("1", "Lectures")
    c.store("1", "+FLAGS", "\\Deleted")
    c.expunge()
    c.logout()
    c = imap()
    names = sorted(re.search(r'"?(\w+)"?$', x.decode())[1] for x in c.list()[1])
    check(names == ["INBOX", "Lectures"], f"{names}")
    check(c.select("INBOX")[1] == [b"0"] and c.select("Lectures")[1] == [b"1"], "it lies in the folder")
    flags = c.fetch("1", "(FLAGS)")[1][0]
    check(b"\\Seen" in flags and b"\\Flagged" in flags and b"\\Deleted" not in flags, f"what is known of it: {flags}")
    c.logout()
    return text


def wait_for_mail(dovecot, count):
    until = time.monotonic() + 10 * SLOW
    inbox = f"{dovecot.folder}/mail/bob/new"
    while not os.path.isdir(inbox) or len(os.listdir(inbox)) < count:
        check(time.monotonic() < until, f"the mail arrives: {dovecot.log()}")
        time.sleep(0.05)


def watched(watch):
    """What raizd answered so far: [(type, name, rcode)]."""
    with open(watch.name, encoding="utf-8") as f:
        return [(r["type"], r["name"].lower(), r["rcode"]) for r in map(json.loads, f.read().splitlines()) if "name" in r]


def start_all(receiving):
    """The Internet with Alice's and Bob's mail servers: lab, raizd, dovecot, {host: postfix}, and the key of the submission server."""
    keys = {name: make_key(name) for name in ("mail.crepes.fr", "mail.someschool.edu", "backup.someschool.edu")}
    # The lab tells senders which key to expect of Bob's mail server: here the one that it has.
    lab = Lab(copy_zones(someschool_edu=("3 1 1 6f0b5a1dd9c47e2f83b1a60c95e4d7280f3ac6b19e5d4c7712a8b3f06e9d41c5", keys["mail.someschool.edu"][1])))
    raizd = Resolver()
    use_as_resolver()
    make_users()
    dovecot = Dovecot("131.215.9.25", {"alice": "rabbit", "bob": "builder"})
    bob = f"""virtual_mailbox_domains = someschool.edu
virtual_transport = lmtp:unix:{dovecot.lmtp}
relay_domains =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_security_level = may"""
    servers = {name: Postfix(name, address, keys[name][0], bob) for name, address in receiving}
    servers["mail.crepes.fr"] = Postfix("mail.crepes.fr", "193.55.130.25", keys["mail.crepes.fr"][0], f"""smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot.auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtp_dns_support_level = dnssec
smtp_tls_security_level = dane""", "submission inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes",
                                        (25, 587))
    return lab, raizd, dovecot, servers, keys["mail.crepes.fr"][0]


def alice_writes_to_bob():
    signal.alarm(120 * SLOW)        # a server that says nothing does not hold up the test
    lab, raizd, dovecot, servers, key = start_all((("mail.someschool.edu", "131.215.9.25"), ("backup.someschool.edu", "131.215.9.26")))
    alice, mail, backup = servers["mail.crepes.fr"], servers["mail.someschool.edu"], servers["backup.someschool.edu"]
    watch = open(os.path.join(WORK, "tail"), "w", encoding="utf-8")
    tail = subprocess.Popen([RAIZCTL, "-s", raizd.socket, "tail", "--json", "--under", "someschool.edu"], stdout=watch, env=PLAIN)
    time.sleep(0.3 * SLOW)
    ctl(raizd, "cache", "flush", ".", "--tree")     # what the servers asked as they started is forgotten
    lab.new()

    # To the exchange with the smallest preference, which raizd alone can tell; it shows the key that DANE promised.
    queue_id = submit(key, letter("Dinner"))
    sent = alice.wait_log([queue_id, "status=sent"])
    check("to=<bob@someschool.edu>, relay=mail.someschool.edu[131.215.9.25]:25," in sent, sent)
    alice.wait_log(["Verified TLS connection established to mail.someschool.edu[131.215.9.25]:25"])
    mail.wait_log(["connect from mail.crepes.fr[193.55.130.25]"])       # its PTR, and that leads back
    mail.wait_log(["to=<bob@someschool.edu>", "status=sent", "lmtp"])
    steps = [("MX", "someschool.edu.", "NOERROR"), ("A", "mail.someschool.edu.", "NOERROR")]
    until = time.monotonic() + 5 * SLOW
    while (answered := watched(watch)).count(steps[0]) == 0 or steps[1] not in answered[answered.index(steps[0]):]:
        check(time.monotonic() < until, f"raizd answered for the MX, then for its address: {answered}")
        time.sleep(0.05)
    asked = lab.new()
    for question in (("ns.someschool.edu.", "someschool.edu.", "MX"), ("ns.someschool.edu.", "mail.someschool.edu.", "A"),
                     ("ns.someschool.edu.", "_25._tcp.mail.someschool.edu.", "TLSA")):
        check(asked.count(question) == 1, f"the servers were asked once for {question}: {asked}")
    wait_for_mail(dovecot, 1)
    first = check_letter(read_by_pop3(), "Dinner")
    hops = first.get_all("Received")
    check(len(hops) >= 2 and "from mail.crepes.fr (mail.crepes.fr [193.55.130.25])" in " ".join(hops[-2].split()), f"{hops}")

    # The first one dies: the next preference.
    mail.kill()
    queue_id = submit(key, letter("Lunch then"))
    alice.wait_log(["connect to mail.someschool.edu[131.215.9.25]:25: Connection refused"])
    sent = alice.wait_log([queue_id, "status=sent"])
    check("relay=backup.someschool.edu[131.215.9.26]:25," in sent, sent)
    backup.wait_log(["to=<bob@someschool.edu>", "status=sent", "lmtp"])
    check(lab.new().count(("ns.someschool.edu.", "someschool.edu.", "MX")) == 0, "the MX is known from the cache")
    wait_for_mail(dovecot, 1)
    check_letter(read_by_imap(), "Lunch then")

    # Without raizd nobody can say where: the mail waits at Alice's server, and goes on when raizd is back.
    tail.kill()
    tail.wait()
    queue_id = submit(key, letter("Tea"), while_open=raizd.stop)
    alice.wait_log([queue_id, "status=deferred", "Name service error for name=someschool.edu"])
    check(alice.waiting() == 1, "it waits")
    raizd = Resolver()
    sent = alice.wait_log([queue_id, "status=sent"], 20)
    check("relay=backup.someschool.edu[131.215.9.26]:25," in sent, sent)
    wait_for_mail(dovecot, 1)
    raizd.stop()
    lab.kill()


main(alice_writes_to_bob)
