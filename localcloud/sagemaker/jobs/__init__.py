"""Jobs that really run: Training, Processing, Transform.

`lifecycle` decides what follows from what and touches nothing; `runtime` carries jobs out. Each type of job
has a file that checks its request (`training_request`) and one that does its work (`training`, `batch`).
"""
