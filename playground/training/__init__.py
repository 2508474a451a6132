"""Runs a project: worker process, client, checkpoints, runs. No Qt."""
