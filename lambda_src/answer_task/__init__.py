"""The function that tells the state machine how its pipeline ended, and stops a pipeline that lost it."""
