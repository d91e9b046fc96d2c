"""Where the pages of trust stand: below an agency, and beside one's own account."""

from flask import Blueprint

blueprint = Blueprint("trust", __name__, url_prefix="/<agency>")
own = Blueprint("own", __name__, url_prefix="/me")
