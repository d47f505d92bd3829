"""Hyperparameter tuning jobs: training jobs with other hyperparameters each, and the best of them.

Pure: `ranges` (what a hyperparameter may be), `search` and `bayesian` (which values come next), `trials`
(which is the best), `stopping` (which training jobs are stopped early), `progress` (what is to be done now).
`plan` and `warm_start` read and check a request. `tuning` is the thin edge: it launches training jobs and
stops them.

Sources: developer guide, "Perform Automatic Model Tuning with SageMaker AI"; the service model; Perrone et
al., "Amazon SageMaker Automatic Model Tuning: Scalable Gradient-Free Optimization" (KDD 2021).
"""
