"""`make prove-policies`: each action that a role is granted is taken away, and a run must show it.

`runs` and its like run the deployment's parts and tell what came of it; `grants` reads and changes policies;
`proof` records what each run uses, takes each action away and repeats a run that used it; `proven.json` holds
what was seen; `reasons.yaml` what no run here shows and AWS needs all the same, with the source.
"""
