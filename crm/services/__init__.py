"""Queries and verbs: pure functions over the session; they never commit and never see a request."""
