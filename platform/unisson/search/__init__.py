"""Search: contents, topics, messages and people, by words."""
