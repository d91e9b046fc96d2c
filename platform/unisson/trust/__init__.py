"""What an agency can show of itself: its trail, whom its people's data belong to, and who can get in."""
