"""Challenger, snapshot and restore."""
