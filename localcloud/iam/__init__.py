"""What policies of IAM allow and deny; pure.

Rules are those of the IAM user guide: "Policy evaluation logic", "IAM JSON policy elements: Condition
operators", "Policy variables".
"""
