"""Where the pages of the sign-on are registered; `views` brings them all in."""

from flask import Blueprint

blueprint = Blueprint("sign_on", __name__)
