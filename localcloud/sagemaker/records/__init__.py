"""Records: resources that SageMaker has and nothing here runs, such as domains and notebook instances.

`table` says what each family of resources is like, `family` reads the rest from botocore's model, and
`operations` carries out Create, Describe, List, Update, Delete, Start and Stop of every family.
"""
