"""Which permissions a call needs, whether its caller has them, and the refusal in AWS's words."""
