"""The one door to AWS: the only folder of the installer that imports boto3.

Each module covers one service in our own words; `failures` turns botocore's exceptions into `CartoAtError`s.
"""
