"""CloudWatch Logs: groups, streams and events, kept in the sandbox's own database.

moto has this service, too, but keeps events in memory; the logs of functions must survive a restart.
"""
