"""The mailbox page of development."""
