"""The partner's API: calls, logins, limits, recordings, and the guard that keeps us on it."""
