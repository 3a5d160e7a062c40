// Draws points over a front, with names that do not lie on each other.
