"""Where the pages of identity are registered; `views` brings them all in."""

from flask import Blueprint

blueprint = Blueprint("identity", __name__)
