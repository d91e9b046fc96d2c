"""Where the pages of billing are registered; `views` brings them all in."""

from flask import Blueprint

blueprint = Blueprint("billing", __name__, url_prefix="/<agency>/billing")
"""For a signed-in member of the path's agency who sees its billing."""

outside = Blueprint("stripe", __name__, url_prefix="/stripe")
"""For Stripe, which signs what it sends."""
