"""The partner's wire: calls, logins, limits, recordings, and the guard that keeps us on it."""
