"""EventBridge Scheduler: schedules, when they are due, and what they call then.

It knows no LocalStack: `delivery.Targets` is what carries a call out.
"""
