"""The Amazon States Language: its expressions and the check of a definition; pure, and not LocalStack's."""
