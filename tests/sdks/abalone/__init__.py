"""The pipeline of AWS's sample "abalone": its steps, names and parameters, on data that is made here.

The sample: sagemaker-pipelines-preprocess-train-evaluate-batch-transform in aws/amazon-sagemaker-examples.
"""
