"""Writes an installation as files for people who may not let a program into their account or database.

A CloudFormation template for the half in AWS, SQL scripts for the half in the database, and the archives that Lambda
runs. Nothing is asked of AWS.
"""
