"""Commands on who vouches for a report: make keys, sign, and check what was received."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.output import FINDINGS, Output, speaks
from workbench.errors import CredentialError
from workbench.reporting import (
    SealResult,
    find_public_key,
    find_signing_key,
    make_keys,
    read_public,
    sign_folder,
    verify,
)
from workbench.store import RunFolder

# Nothing speaks against it, and nothing for it either: as where nothing could be tested live.
UNPROVED = 3
_ENDS = {
    SealResult.SIGNED: (0, "Signed by the key that you named, and whole.", "bold"),
    SealResult.CONSISTENT: (
        UNPROVED,
        (
            "Consistent but unsigned: anyone could have made it. Pages and evidence agree, which "
            "says nothing of who made them; ask for a signature, and for the key another way."
        ),
        "bold yellow",
    ),
    SealResult.ALTERED: (FINDINGS, "Altered or incomplete: see the checks above.", "bold red"),
}


@click.command("keys")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="File of the private key, outside of any project; default: in your configuration.",
)
@click.option("--keyring", is_flag=True, help="Keep it in the system's keyring instead.")
@speaks
def keys_command(output: Output, path: Path | None, *, keyring: bool) -> int:
    """Make the key pair that signs reports, or show its public key."""
    pair = make_keys(path, keyring=keyring)
    output.document({"public_key": pair.public_key, "place": pair.place, "made": pair.is_new})
    output.text(f"{'Made' if pair.is_new else 'Found'} in {pair.place}.")
    output.text(
        f"Public key, to be given to partners by another way than reports: {pair.public_key}"
    )
    return 0


@click.command("sign")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "path",
    type=click.Path(path_type=Path),
    help="File of the private key; default: that of `workbench keys`, or WORKBENCH_SIGNING_KEY.",
)
@click.option("--draft", is_flag=True, help="Sign although statements are open or unreviewed.")
@speaks
def sign_command(output: Output, folder: Path, path: Path | None, *, draft: bool) -> int:
    """Seal a run and sign the seal: FOLDER holds its evidence.jsonl."""
    key = find_signing_key(path)
    if key is None:
        raise CredentialError(
            "There is no key to sign with", hint="Make one with `workbench keys`."
        )
    sealed = sign_folder(RunFolder(folder), key, draft=draft)
    output.document({"path": str(sealed), "public_key": read_public(key)})
    output.text(f"{sealed} is signed by {read_public(key)}")
    return 0


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--public-key",
    default="",
    metavar="KEY_OR_FILE",
    help="Public key of the one who should have signed, as it was given to you.",
)
@speaks
def verify_command(output: Output, folder: Path, public_key: str) -> int:
    """Say what can be known of a received report: FOLDER holds its evidence.jsonl."""
    known = find_public_key(public_key) if public_key else ""
    verification = verify(RunFolder(folder), public_key=known)
    output.document(verification.as_json())
    rows = [(check.outcome, check.name, check.detail) for check in verification.checks]
    output.table(f"{verification.partner} {verification.run}", ("outcome", "check", "what"), rows)
    code, words, style = _ENDS[verification.result]
    output.text(words, style=style)
    return code
