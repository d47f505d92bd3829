"""The function that a state machine's task calls: it starts the pipeline and keeps the task's token."""
