"""What roles are granted, what runs used, what was denied, and what would cure that."""
