"""The Redshift Data API: statements that run by themselves while clients ask how far they are.

It knows AWS's requests and answers; SQL is the engine's business, and which engine a request means is the business of
whoever implements `Targets`.
"""
