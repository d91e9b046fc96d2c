"""Notifications that a browser shows by itself (W3C Push API, RFC 8030, RFC 8291, RFC 8292)."""
