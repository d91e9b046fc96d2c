"""Chains, runs, decisions, personal links."""
