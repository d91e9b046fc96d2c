"""Changes of others, seen without reloading: tickets given by the web, streams kept open by a process of their own."""
