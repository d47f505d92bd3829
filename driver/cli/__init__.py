"""The command line: tasks, flags, exit codes, and what a command is composed of."""
