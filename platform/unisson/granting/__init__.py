"""Channels that the client connects: asked by a mailed link, given with the client's own credentials, taken back."""
