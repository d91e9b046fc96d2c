"""A small program that answers to the words of the Procfile, so that the supervisor is tested on real processes.

Called without such a word it is the supervisor itself, on stand-ins of this file.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")

    def log_request(self, code="-", size="-"):  # noqa: ARG002 - the base class's signature; it says nothing
        return


def web():
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()


def worker():
    """Hold a work-horse in a session of its own, as RQ does, and be slow to stop."""
    subprocess.Popen([sys.executable, __file__, "horse"], start_new_session=True)
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), sys.exit(0)))
    sys.stdout.write("working\n")
    sys.stdout.flush()
    while True:
        time.sleep(1)


def horse():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else "up"
    if word == "up":
        from unisson.config import Settings
        from unisson.supervisor import run

        sys.exit(run(Settings.from_environ(os.environ), (sys.executable, __file__)))
    elif word == "migrate":
        sys.exit(int(os.environ.get("MIGRATION_STATUS", "0")))
    elif word == "demo":
        sys.stdout.write(json.dumps([["Ada", "ada@example.org", "a password", "account manager"]]) + "\n")
    elif word == "web":
        web()
    elif word == "worker":
        worker()
    elif word == "horse":
        horse()
    else:
        time.sleep(600)


main()
