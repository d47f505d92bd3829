"""`make prove-policies`: each action that a role is granted is taken away, and a run must show it.

`checks`, `workflows` and `pipelines` run the deployment and tell the outcome. `grants` reads and changes
policies. `proof` records what each run uses, takes each action away and repeats a run that used
it. `proven.json` holds the run that showed each action; `reasons.yaml` holds the actions that AWS needs and
no run here shows, with the source.
"""
