"""IAM, STS, S3 and Secrets Manager, served by moto inside this process and made to last."""
