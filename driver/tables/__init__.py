"""Tables as people have them: recognised, checked, and read as rows of text."""
