"""The embedded partner simulator: real HTTP servers on loopback for the fictional partners."""
