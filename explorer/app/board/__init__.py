"""What teams of a room submit, seen together: kept, ranked, and shown live."""
