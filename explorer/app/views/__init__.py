"""One card per question of a user."""
