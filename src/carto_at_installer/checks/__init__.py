"""Answers "will this work, and if not, who must do what?" before anything is changed."""
