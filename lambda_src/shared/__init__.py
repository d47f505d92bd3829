"""What the functions have in common; it knows none of them."""
