"""Bluesky, by the XRPC calls of the AT Protocol."""

from unisson.publishing.channels.bluesky.adapter import BlueskyAdapter

__all__ = ["BlueskyAdapter"]
