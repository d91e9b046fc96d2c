"""Mails to people about what waits on them."""
