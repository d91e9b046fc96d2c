"""Threads on contents: the agency's own, and those with the client."""
