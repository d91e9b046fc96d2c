"""Where the pages of closing are registered."""

from flask import Blueprint

blueprint = Blueprint("closing", __name__, url_prefix="/<agency>")
