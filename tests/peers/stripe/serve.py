"""A server of Stripe's protocol that others wrote, on loopback alone: `serve.py PORT`.

Runs in the environment that tools/peers.py makes of requirements.lock. Left to itself it listens on every address.
"""

import sys

from aiohttp import web
from localstripe.server import app

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
