"""The control planes of provisioned Redshift and Redshift Serverless."""
