"""The agency's rooms in Slack, Teams and Discord: what is told there, and how it gets there."""
