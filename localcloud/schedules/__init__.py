"""EventBridge Scheduler: schedules, when they are due, and what they call then.

It knows no LocalStack: `timer.Targets` sends the requests.
"""
