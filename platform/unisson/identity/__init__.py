"""Signing in, sessions, passwords, addresses."""
