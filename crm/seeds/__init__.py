"""What a new database starts with: the foundation that every one needs, and the demonstration."""
