"""Topics: what a brand has to say, and to whom, before it becomes contents."""
