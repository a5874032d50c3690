"""What the guard says: how far a project is behind, and what an update does to each file."""
