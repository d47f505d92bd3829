"""Jobs that really run: Training, Processing, Transform.

`lifecycle` decides what follows from what and touches nothing; `runtime` carries jobs out. Each type of job
is a file (`training`, `processing`, `transform`) that says how a request is checked and described and what
the job does; what they share has a room of its own: `inputs`, `outputs`, `logs`, `listing`, `rules`.
"""
