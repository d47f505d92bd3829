"""What `invoke doctor` looks at. Nothing here changes anything."""
