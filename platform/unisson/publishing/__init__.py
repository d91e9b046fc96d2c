"""Publishing: pulls what is approved and due, sends it once, and records what became of it."""
