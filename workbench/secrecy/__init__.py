"""The one door for secrets: which names tell of one, how one may be spelt, and what masks it."""

from workbench.secrecy.names import is_secret_name

__all__ = ["is_secret_name"]
