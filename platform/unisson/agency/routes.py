"""Where the pages of agency are registered; `views` brings them all in."""

from flask import Blueprint

blueprint = Blueprint("agency", __name__, url_prefix="/<agency>")
"""Every page wants a signed-in member of the path's agency."""
