"""CloudWatch metrics: what services and programs measure, by the minute, bounded in memory.

Alarms, dashboards, streams and expressions over metrics are not carried by the local cloud.
"""
